use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
enum Mode {
    Off,
    Heating(f64),
}

fn main() {}
