use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Phases(#[datapoint(unit = "V")] f64, f64);

fn main() {}
