use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
#[datapoint(rename_all = "camel")]
struct Status {
    feed_in: f64,
}

fn main() {}
