use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    #[datapoint(rename = feed_in)]
    power: f64,
}

fn main() {}
