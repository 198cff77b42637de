use connector_runtime::prelude::*;

#[derive(Serialize)]
struct Errors {
    is_faulty: bool,
}

#[derive(Serialize, Datapoints)]
struct Status {
    power: f64,
    #[serde(flatten)]
    errors: Errors,
}

fn main() {}
