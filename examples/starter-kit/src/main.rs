//! Polls a thermostat over HTTP. Fill in the three numbered places for your device.

use connector_runtime::prelude::*;
use reqwest::{Client, Url};

// 1. The settings. Their doc comments become the help and the documents.
#[connector]
struct Thermostat {
    /// URL of the device's status document.
    #[arg(long, env = "DEVICE_URL", value_name = "URL")]
    url: Url,
    /// Seconds between two polls.
    #[arg(long, env = "POLL_SECONDS", value_parser = value_parser::seconds, default_value = "10")]
    poll: Duration,
    #[arg(skip)]
    client: Client,
}

/// The readings of one answer.
// 2. The sensors: each field is one. The keys of nested fields are joined with `__`.
#[derive(Debug, PartialEq, Serialize, Deserialize, Datapoints)]
struct Readings {
    /// Measured room temperature.
    #[datapoint(unit = "°C", range = -20.0..=60.0)]
    temperature: f64,
    /// Target room temperature.
    #[datapoint(unit = "°C", range = 5.0..=30.0)]
    setpoint: f64,
}

// 3. The device's protocol: how to poll it, parse its answers and send it commands.
#[connector]
impl Thermostat {
    #[receive(every = self.poll)]
    async fn status(&self) -> Result<String> {
        let answer = self.client.get(self.url.clone()).send().await?;
        Ok(answer.error_for_status()?.text().await?)
    }

    #[parse]
    fn readings(raw: &str) -> Result<Readings> {
        serde_json::from_str(raw).context("cannot parse the status document")
    }

    /// Sets the target room temperature.
    #[send("setpoint", unit = "°C", range = 5.0..=30.0)]
    async fn set(&self, celsius: f64) -> Result<()> {
        let request = self.client.put(self.url.clone()).body(format!("{{\"setpoint\":{celsius}}}"));
        request.send().await?.error_for_status()?;
        Ok(())
    }
}

fn main() -> ExitCode {
    connector_runtime::main::<Thermostat>()
}

#[cfg(test)]
mod tests;
