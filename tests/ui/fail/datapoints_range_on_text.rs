use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    #[datapoint(range = 0..=3)]
    serial: String,
}

fn main() {}
