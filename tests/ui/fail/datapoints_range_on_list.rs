use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    #[datapoint(range = 0.0..=3.0)]
    phases: Vec<f64>,
}

fn main() {}
