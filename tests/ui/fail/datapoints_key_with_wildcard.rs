use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    #[serde(rename = "power/#")]
    power: f64,
}

fn main() {}
