#[derive(::connector_runtime::clap::Args)]
/// A solar inverter
/// with a JSON API.
///
/// Tested with firmware 2.1.
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
#[automatically_derived]
impl ::connector_runtime::Settings for Inverter {
    const NAME: &'static str = ::core::env!("CARGO_PKG_NAME");
    const VERSION: &'static str = ::core::env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = "A solar inverter with a JSON API.";
}
