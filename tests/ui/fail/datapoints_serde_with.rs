use connector_runtime::prelude::*;

fn rounded<S: serde::Serializer>(power: &f64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(power.round())
}

#[derive(Serialize, Datapoints)]
struct Status {
    #[serde(serialize_with = "rounded")]
    #[datapoint(unit = "W")]
    power: f64,
}

fn main() {}
