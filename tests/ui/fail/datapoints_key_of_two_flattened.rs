use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Inverter {
    power: f64,
}

#[derive(Serialize, Datapoints)]
struct Meter {
    #[datapoint(rename = "power")]
    watts: f64,
}

#[derive(Serialize, Datapoints)]
struct Status {
    #[serde(flatten)]
    inverter: Inverter,
    #[serde(flatten)]
    meter: Meter,
}

fn main() {}
