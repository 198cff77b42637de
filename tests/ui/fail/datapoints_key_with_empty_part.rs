use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    __power: f64,
}

fn main() {}
