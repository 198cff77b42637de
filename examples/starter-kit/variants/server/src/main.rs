//! Thermostats connect to us and send JSON lines over TCP. Fill in the three places for devices of your own.

mod server;

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use connector_runtime::prelude::*;

use crate::server::{Line, Server, Stations};

/// Connects thermostats.
// 1. What are they, and which settings do they need? Their docs are the help.
#[connector]
struct Thermostats {
    /// Address and port that they connect to.
    #[arg(long, env = "LISTEN_ADDR", value_name = "ADDRESS:PORT", default_value = "0.0.0.0:7777")]
    listen: SocketAddr,
    /// Those that are connected.
    #[arg(skip)]
    stations: Arc<Stations>,
}

/// What one of them says.
// 2. What does it measure? Its name comes before, joined with `__`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Readings {
    temperature: f64,
    setpoint: f64,
}

// 3. How are they listened to, and told?
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

    /// The first line of a thermostat is its name, each other one its readings.
    #[parse]
    fn readings(raw: &Line) -> Result<BTreeMap<String, Readings>> {
        let readings = serde_json::from_str(&raw.text).context("the line")?;
        Ok(BTreeMap::from([(raw.station.clone(), readings)]))
    }

    /// Sets what one of them aims at.
    #[send("{station}__setpoint", unit = "°C", range = 5.0..=30.0, each = self.stations.names())]
    async fn set(&self, _: &Server, station: &str, celsius: f64) -> Result<()> {
        self.stations.tell(station, &format!("{{\"setpoint\":{celsius}}}\n")).await
    }
}

fn main() -> ExitCode {
    connector_runtime::main::<Thermostats>()
}

#[cfg(test)]
mod tests;
