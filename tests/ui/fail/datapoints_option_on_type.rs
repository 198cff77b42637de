use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
#[datapoint(unit = "W")]
struct Status {
    power: f64,
}

fn main() {}
