use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    #[datapoint(range = 0..=300)]
    soc: u8,
}

fn main() {}
