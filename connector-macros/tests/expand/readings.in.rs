/// What the inverter says.
#[derive(Serialize, Datapoints)]
#[serde(rename_all = "camelCase")]
struct Status<'a, T> {
    /// Power fed into the grid,
    /// without the battery's.
    ///
    /// It is negative at night.
    #[datapoint(unit = "W", range = -100.0..=5000.0)]
    feed_in: Option<f64>,
    battery: Battery,
    #[serde(rename = "serial")]
    serial_number: &'a str,
    #[serde(rename = "v", skip_serializing_if = "Vec::is_empty")]
    #[datapoint(rename = "voltages")]
    phases: Vec<T>,
    #[serde(flatten)]
    rest: T,
    #[serde(skip)]
    http: Client,
    #[datapoint(skip)]
    cache: Cache,
    #[serde(serialize_with = "rfc3339")]
    since: DateTime,
}
