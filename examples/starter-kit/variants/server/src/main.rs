//! Serves thermostats that send JSON lines over TCP. Fill in the three numbered places for your devices.

mod server;

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use connector_runtime::prelude::*;

use crate::server::{Line, Server, Stations};

// 1. The settings. Their doc comments become the help and the documents.
#[connector]
struct Thermostats {
    /// Address and port that the devices connect to.
    #[arg(long, env = "LISTEN_ADDR", value_name = "ADDRESS:PORT", default_value = "0.0.0.0:7777")]
    listen: SocketAddr,
    /// The connected devices.
    #[arg(skip)]
    stations: Arc<Stations>,
}

/// The readings of one line.
// 2. The sensors: each field is one. Its key is device, `__` and field: `hall__temperature`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Readings {
    temperature: f64,
    setpoint: f64,
}

// 3. The devices' protocol: how to receive their lines, parse them and send commands.
#[connector]
impl Thermostats {
    #[connect]
    async fn listen(&self) -> Result<Server> {
        Server::listen(self.listen, Arc::clone(&self.stations)).await
    }

    #[receive]
    async fn line(&self, server: &Server) -> Result<Line> {
        server.next().await
    }

    /// The first line of a device is its name, every later line its readings.
    #[parse]
    fn readings(raw: &Line) -> Result<BTreeMap<String, Readings>> {
        let readings = serde_json::from_str(&raw.text).context("cannot parse the line")?;
        Ok(BTreeMap::from([(raw.station.clone(), readings)]))
    }

    /// Sets the target room temperature.
    #[send("{station}__setpoint", unit = "°C", range = 5.0..=30.0, each = self.stations.names())]
    async fn set(&self, _: &Server, station: &str, celsius: f64) -> Result<()> {
        self.stations.send(station, &format!("{{\"setpoint\":{celsius}}}\n")).await
    }
}

fn main() -> ExitCode {
    connector_runtime::main::<Thermostats>()
}

#[cfg(test)]
mod tests;
