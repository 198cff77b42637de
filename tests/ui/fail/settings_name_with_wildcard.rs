use connector_runtime::prelude::*;

#[connector(name = "room/#")]
struct Room;

fn main() {}
