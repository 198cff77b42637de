use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
struct Status {
    #[datapoint(rename_all = "camelCase")]
    feed_in: f64,
}

fn main() {}
