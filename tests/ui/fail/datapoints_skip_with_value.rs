use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    power: f64,
    #[datapoint(skip = true)]
    serial: String,
}

fn main() {}
