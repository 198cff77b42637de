//! A photovoltaic plant with the Fronius Solar API V1: JSON over HTTP, several documents, each polled at
//! its own interval.
//!
//! The protocol is in Fronius' document 42,0410,2012, "Fronius Solar API V1". Try it with the address
//! of your inverter (GEN24: switch the Solar API on in its web interface) and any MQTT broker:
//!
//! ```text
//! INVERTER_POWERFLOW_URL=http://192.168.0.44/solar_api/v1/GetPowerFlowRealtimeData.fcgi \
//! METER_POLL_SECONDS=30 MQTT_BROKER_HOST=localhost cargo run --example solar_http
//! ```
//!
//! Differences from BEMCom's `fronius_solar_api_connector`:
//!
//! - An error from the device is logged as the device states it; the original looked for missing keys.
//! - A request has a time limit, and a wrong HTTP status is an error.
//! - All inverters are read, not only id 1. That id may be missing.
//! - Inverter, smart meters and storages can be read as well; their settings are new.
//! - Quantities of the power flow are floating-point numbers; a document that contains anything else in
//!   their place is an error.
//! - `POLL_SECONDS` has a default.
//! - A recorded raw message is an object with the kind of the document as its key, and the text as value.

mod document;
mod readings;
#[cfg(test)]
mod simulator;
#[cfg(test)]
mod tests;

use connector_runtime::prelude::*;
use reqwest::{Client, Url};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::readings::{Channels, PowerFlow, Readings};

/// The number of requests that the device answers at a time.
const IN_PARALLEL: usize = 2;

/// The maximum size of a document, in bytes.
const MAX_BODY: usize = 1 << 20;

/// Connects a photovoltaic plant with the Fronius Solar API: power flow, inverter, meters, storages.
#[connector(name = "fronius-solar-api-connector")]
struct SolarApi {
    /// URL of the power flow; the other documents are in the same folder.
    #[arg(long, env = "INVERTER_POWERFLOW_URL", value_name = "URL")]
    inverter_powerflow_url: Url,
    /// Seconds from one poll of the power flow to the next.
    #[arg(long, env = "POLL_SECONDS", value_parser = value_parser::seconds, default_value = "10")]
    poll_seconds: Duration,
    /// Seconds from one poll of the inverter to the next; if it is not set, the inverter is not polled.
    #[arg(long, env = "INVERTER_POLL_SECONDS", value_parser = value_parser::seconds)]
    inverter_poll_seconds: Option<Duration>,
    /// The id of that inverter.
    #[arg(long, env = "INVERTER_DEVICE_ID", default_value_t = 1)]
    inverter_device_id: u8,
    /// Seconds from one poll of the smart meters to the next; if it is not set, they are not polled.
    #[arg(long, env = "METER_POLL_SECONDS", value_parser = value_parser::seconds)]
    meter_poll_seconds: Option<Duration>,
    /// Seconds from one poll of the storages to the next; if it is not set, they are not polled.
    #[arg(long, env = "STORAGE_POLL_SECONDS", value_parser = value_parser::seconds)]
    storage_poll_seconds: Option<Duration>,
    /// Seconds that the device may take for an answer.
    #[arg(long, env = "READ_TIMEOUT", value_parser = value_parser::seconds, default_value = "10")]
    read_timeout: Duration,
    #[arg(skip)]
    client: Client,
    #[arg(skip = Semaphore::new(IN_PARALLEL))]
    turns: Semaphore,
}

/// A document, still as text.
#[derive(Serialize, Deserialize)]
enum Answer {
    PowerFlow(String),
    Inverter(String),
    Meters(String),
    Storages(String),
}

#[connector]
impl SolarApi {
    /// Fetches the current production and consumption of the site.
    #[receive(every = self.poll_seconds)]
    async fn power_flow(&self) -> Result<Answer> {
        Ok(Answer::PowerFlow(self.get("").await?))
    }

    /// Fetches the measurements of one inverter.
    #[receive(every = self.inverter_poll_seconds)]
    async fn inverter(&self) -> Result<Answer> {
        let id = self.inverter_device_id;
        let query = format!("Scope=Device&DeviceId={id}&DataCollection=CommonInverterData");
        let document = self.get(&format!("GetInverterRealtimeData.cgi?{query}")).await?;
        Ok(Answer::Inverter(document))
    }

    /// Fetches the measurements of all smart meters.
    #[receive(every = self.meter_poll_seconds)]
    async fn meters(&self) -> Result<Answer> {
        Ok(Answer::Meters(self.get("GetMeterRealtimeData.cgi?Scope=System").await?))
    }

    /// Fetches the measurements of all storages.
    #[receive(every = self.storage_poll_seconds)]
    async fn storages(&self) -> Result<Answer> {
        Ok(Answer::Storages(self.get("GetStorageRealtimeData.cgi?Scope=System").await?))
    }

    /// Each document fills its part of the readings.
    #[parse]
    fn readings(raw: &Answer) -> Result<Readings> {
        let mut readings = Readings::default();
        match raw {
            Answer::PowerFlow(json) => readings = document::data::<PowerFlow>(json)?.readings()?,
            Answer::Inverter(json) => readings.Inverter = document::data(json).map(bare)?,
            Answer::Meters(json) => readings.Meters = document::data(json)?,
            Answer::Storages(json) => readings.Storages = document::data(json)?,
        }
        Ok(readings)
    }

    /// Fetches a document by its address relative to the power flow.
    async fn get(&self, address: &str) -> Result<String> {
        let _turn = self.turns.acquire().await?;
        let url = self.inverter_powerflow_url.join(address)?;
        let request = self.client.get(url).timeout(self.read_timeout);
        let mut response = request.send().await?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            ensure!(body.len() + chunk.len() <= MAX_BODY, "the answer has over {MAX_BODY} bytes");
            body.extend_from_slice(&chunk);
        }
        let body = String::from_utf8_lossy(&body);
        let status = response.status();
        ensure!(status.is_success(), "{status} for {}: {body:.200}", response.url());
        Ok(body.into_owned())
    }
}

/// Replaces each quantity, which has a value and a unit, by its value.
fn bare(channels: Channels) -> Channels {
    let value = |channel: Value| channel.get("Value").cloned().unwrap_or(channel);
    channels.into_iter().map(|(name, channel)| (name, value(channel))).collect()
}

fn main() -> ExitCode {
    connector_runtime::main::<SolarApi>()
}
