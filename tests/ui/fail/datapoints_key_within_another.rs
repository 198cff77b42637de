use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Battery {
    soc: u8,
}

#[derive(Serialize, Datapoints)]
struct Status {
    battery: Option<Battery>,
    #[datapoint(rename = "battery__soc")]
    state_of_charge: u8,
}

fn main() {}
