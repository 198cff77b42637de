use connector_runtime::prelude::*;

#[connector]
struct Room<T> {
    #[arg(long)]
    setpoint: T,
}

fn main() {}
