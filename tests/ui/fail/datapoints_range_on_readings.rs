use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Room {
    temperature: f64,
}

#[derive(Serialize, Datapoints)]
struct Status {
    #[datapoint(range = 0.0..=3.0)]
    room: Room,
}

fn main() {}
