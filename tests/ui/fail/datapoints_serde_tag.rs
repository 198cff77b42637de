use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
#[serde(tag = "type")]
struct Status {
    power: f64,
}

fn main() {}
