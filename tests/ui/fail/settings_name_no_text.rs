use connector_runtime::prelude::*;

#[connector(name = 5)]
struct Room;

fn main() {}
