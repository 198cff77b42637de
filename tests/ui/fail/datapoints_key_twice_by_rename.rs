use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    power: f64,
    #[datapoint(rename = "power")]
    feed_in: f64,
}

fn main() {}
