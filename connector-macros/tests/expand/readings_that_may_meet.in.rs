#[derive(Serialize, Datapoints)]
#[datapoint(rename_all = "kebab-case")]
struct Status {
    battery: Battery,
    #[datapoint(rename = "battery__soc")]
    state_of_charge: u8,
    is_on: bool,
    #[serde(flatten)]
    errors: Errors,
}
