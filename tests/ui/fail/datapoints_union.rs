use connector_runtime::prelude::*;

#[derive(Datapoints)]
union Status {
    float: f32,
    bits: u32,
}

fn main() {}
