/// A solar inverter
/// with a JSON API.
///
/// Tested with firmware 2.1.
#[connector]
struct Inverter {
    /// Base URL of the device.
    #[arg(long, env = "DEVICE_URL")]
    url: String,
    /// Seconds between two polls.
    #[arg(long, env = "POLL_SECONDS", default_value_t = 10)]
    poll_seconds: u64,
    #[arg(skip)]
    http: reqwest::Client,
}
