use connector_runtime::prelude::*;

#[connector]
struct Room(#[arg(long)] String);

fn main() {}
