use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
enum Mode {
    #[datapoint(unit = "W")]
    Off,
    On,
}

fn main() {}
