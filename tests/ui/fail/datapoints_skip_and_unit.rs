use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    #[datapoint(skip, unit = "W")]
    power: f64,
}

fn main() {}
