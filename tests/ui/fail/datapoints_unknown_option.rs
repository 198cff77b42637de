use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    #[datapoint(units = "W")]
    power: f64,
}

fn main() {}
