#[derive(Serialize, Datapoints)]
#[serde(tag = "type")]
#[datapoint(unit = "W")]
struct Status {
    power: f64,
    #[serde(rename = "power")]
    #[datapoint(units = "W", range = 5.0..=1.0)]
    other: f64,
    #[datapoint(range = 9.0..=1.0)]
    #[serde(rename = "a/#")]
    illegal: f64,
}
