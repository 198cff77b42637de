use connector_runtime::prelude::*;

#[derive(Datapoints)]
struct Room {
    temperature: f64,
}

#[derive(Datapoints)]
struct Status {
    rooms: Vec<Room>,
}

fn main() {}
