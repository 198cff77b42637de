use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    #[datapoint(rename = "power/+")]
    power: f64,
}

fn main() {}
