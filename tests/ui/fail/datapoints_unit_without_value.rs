use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    #[datapoint(unit)]
    power: f64,
}

fn main() {}
