use connector_runtime::prelude::*;

#[connector]
async fn room() {}

fn main() {}
