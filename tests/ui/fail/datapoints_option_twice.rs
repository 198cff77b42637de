use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    #[datapoint(unit = "W")]
    #[datapoint(unit = "kW")]
    power: f64,
}

fn main() {}
