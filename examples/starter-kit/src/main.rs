//! Polls a thermostat over HTTP. Fill in the three places for a device of your own.

use connector_runtime::prelude::*;
use reqwest::{Client, Url};

/// Connects a thermostat.
// 1. What is it, and which settings does it take? Their docs are the help.
#[connector]
struct Thermostat {
    /// Address of its status document.
    #[arg(long, env = "DEVICE_URL", value_name = "URL")]
    url: Url,
    /// Seconds from one poll to the next.
    #[arg(long, env = "POLL_SECONDS", value_parser = value_parser::seconds, default_value = "10")]
    poll: Duration,
    #[arg(skip)]
    client: Client,
}

/// What it says.
// 2. What does it measure? Nested fields are joined with `__`.
#[derive(Debug, PartialEq, Serialize, Deserialize, Datapoints)]
struct Readings {
    /// Measured in the room.
    #[datapoint(unit = "°C", range = -20.0..=60.0)]
    temperature: f64,
    /// What it aims at.
    #[datapoint(unit = "°C", range = 5.0..=30.0)]
    setpoint: f64,
}

// 3. How is it asked, and told?
#[connector]
impl Thermostat {
    #[receive(every = self.poll)]
    async fn status(&self) -> Result<String> {
        let answer = self.client.get(self.url.clone()).send().await?;
        Ok(answer.error_for_status()?.text().await?)
    }

    #[parse]
    fn readings(raw: &str) -> Result<Readings> {
        serde_json::from_str(raw).context("the status document")
    }

    /// Sets what it aims at.
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
