use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    #[datapoint(unit = 5)]
    power: f64,
    #[serde(rename = "")]
    energy: f64,
    #[datapoint(limit = 5)]
    soc: u8,
}

fn main() {}
