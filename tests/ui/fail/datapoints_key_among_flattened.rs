use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Errors {
    is_faulty: bool,
}

#[derive(Serialize, Datapoints)]
struct Status {
    is_faulty: bool,
    #[serde(flatten)]
    errors: Errors,
}

fn main() {}
