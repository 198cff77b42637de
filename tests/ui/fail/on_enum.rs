use connector_runtime::prelude::*;

#[connector]
enum Room {
    Warm,
    Cold,
}

fn main() {}
