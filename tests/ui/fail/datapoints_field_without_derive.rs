use connector_runtime::prelude::*;

#[derive(Serialize)]
struct Room {
    temperature: f64,
}

#[derive(Serialize, Datapoints)]
struct Status {
    power: f64,
    room: Room,
}

fn main() {}
