use connector_runtime::prelude::*;

#[derive(Serialize, Datapoints)]
#[serde(rename_all = "camelCase")]
struct Status {
    feed_in: f64,
    #[serde(rename = "feedIn")]
    power: f64,
}

fn main() {}
