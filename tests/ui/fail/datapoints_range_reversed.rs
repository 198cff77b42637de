use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    #[datapoint(range = 100..=0)]
    soc: u8,
}

fn main() {}
