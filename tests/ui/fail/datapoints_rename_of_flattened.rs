use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Errors {
    is_faulty: bool,
}

#[derive(Serialize, Datapoints)]
struct Status {
    #[serde(flatten)]
    #[datapoint(rename = "errors")]
    errors: Errors,
}

fn main() {}
