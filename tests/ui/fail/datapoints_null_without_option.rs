use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    #[datapoint(null)]
    power: f64,
}

fn main() {}
