use connector_runtime::prelude::*;

#[connector(crate = "runtime")]
struct Room;

fn main() {}
