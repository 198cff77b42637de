use connector_runtime::prelude::*;

mod house {
    #[derive(serde::Serialize)]
    pub struct Room {
        pub temperature: f64,
    }
}

#[derive(Serialize, Datapoints)]
struct Status {
    power: f64,
    room: Option<house::Room>,
}

fn main() {}
