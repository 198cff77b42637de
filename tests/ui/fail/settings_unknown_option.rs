use connector_runtime::prelude::*;

#[connector(nane = "room")]
struct Room {
    #[arg(long)]
    url: String,
}

fn main() {}
