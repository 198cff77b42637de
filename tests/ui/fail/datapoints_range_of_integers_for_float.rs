use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    #[datapoint(range = 0..=100)]
    soc: Option<f64>,
}

fn main() {}
