//! Charge points for electric cars, which connect to the connector: an OCPP 1.6J central system.
//!
//! The documents are *Open Charge Point Protocol 1.6 edition 2* and *OCPP-J 1.6 specification* of the
//! [Open Charge Alliance](https://openchargealliance.org/protocols/open-charge-point-protocol/).
//! Try it with any MQTT broker, and a charge point whose central system is set to
//! `ws://THIS-MACHINE:9000/ITS-ID` (or `cargo run --example devices -- ocpp_server`):
//! `MQTT_BROKER_HOST=localhost cargo run --example ocpp_server`
//!
//! Every field of every message becomes a sensor, such as `CP1__1__StatusNotification__status` for
//! connector 1 of `CP1`. Every user may charge. There is no TLS and no password: use it only in a network
//! that you trust.
//!
//! Of the crates with OCPP's types, `ocpp_rs` switches `serde_json` to `arbitrary_precision` in the
//! whole program, and `ocpp-types` rejects a whole message because of one unknown measurand. Messages are
//! therefore plain JSON here; only the times use `ocpp-types`, and the simulator accepts only what its types
//! allow.
//!
//! Differences from BEMCom's `ocpp-connector`:
//!
//! - Several charge points can connect. Keys begin with the charge point's id and its connector, and
//!   continue as OCPP spells them (original: `charge_point_vendor`, and measurands without the action).
//! - The id is the last part of the path, not all of it. A charge point that does not offer the
//!   subprotocol `ocpp1.6` is turned away, as OCPP-J requires.
//! - Values have the timestamp of the charge point, and numbers are published as numbers.
//! - All meter values of a message are published, not only the last one. Measurand and unit may be missing.
//! - `OCPP_CONFIG` is not read, because all commands are available. A limit replaces the one profile of its
//!   connector (original: always connector 1, with a new id each time).
//! - A refused or unanswered command is logged. `trigger_message` takes the name of the message.
//! - Each transaction has its own number (original: always 1).

mod connection;
mod message;
mod protocol;
mod server;
#[cfg(test)]
mod simulator;
mod stations;
#[cfg(test)]
mod tests;

use std::{net::IpAddr, sync::Arc};

use connector_runtime::prelude::*;
use serde_json::{Value, json};

use message::{Event, Message};
use protocol::{Frame, limit};
use server::Server;
use stations::Stations;

/// Connects charge points that speak OCPP 1.6J.
#[connector(name = "ocpp-connector")]
struct Ocpp {
    /// Address to listen on.
    #[arg(long, env = "OCPP_HOST", default_value = "0.0.0.0")]
    host: IpAddr,
    /// Port that the charge points connect to.
    #[arg(long, env = "OCPP_PORT", default_value_t = 9000)]
    port: u16,
    /// Seconds that a charge point may take to answer a command.
    #[arg(long, env = "OCPP_ANSWER_SECONDS", default_value_t = 10)]
    answer_seconds: u64,
    #[arg(skip)]
    stations: Arc<Stations>,
}

#[connector]
impl Ocpp {
    /// Starts to listen.
    #[connect]
    async fn listen(&self) -> Result<Server> {
        let patience = Duration::from_secs(self.answer_seconds);
        Server::listen((self.host, self.port), Arc::clone(&self.stations), patience).await
    }

    /// Waits for the next event of any charge point.
    #[receive]
    async fn message(&self, server: &Server) -> Result<Message> {
        server.next().await
    }

    /// Converts a call to readings, one for each member. Answers contain no readings.
    #[parse]
    fn readings(raw: &Message) -> Result<Option<Timestamped<Value>>> {
        let station = &raw.charge_point;
        match &raw.event {
            Event::Connected(connected) => {
                let readings = json!({ (station): { "connected": connected } });
                Ok(Some(Timestamped::new(readings, None)))
            }
            Event::Frame(text) => match Frame::read(text)? {
                Frame::Call(call) => Ok(Some(call.readings(station))),
                _ => Ok(None),
            },
        }
    }

    /// Limits the power of a connector, in W.
    #[send("{connector}__limit_watts", each = self.stations.connectors(), range = 0.0..=1e6)]
    async fn limit_watts(&self, server: &Server, connector: &str, watts: f64) -> Result<()> {
        server.ask(connector, "SetChargingProfile", |number| Ok(limit(number, "W", watts))).await
    }

    /// Limits the current of a connector, in A for each phase.
    #[send("{connector}__limit_amperes", each = self.stations.connectors(), range = 0.0..=1e3)]
    async fn limit_amperes(&self, server: &Server, connector: &str, amperes: f64) -> Result<()> {
        server.ask(connector, "SetChargingProfile", |number| Ok(limit(number, "A", amperes))).await
    }

    /// Starts to charge, for the owner of this tag.
    #[send("{connector}__remote_start", each = self.stations.connectors(), max_len = 20)]
    async fn start(&self, server: &Server, connector: &str, tag: String) -> Result<()> {
        let payload = |number| Ok(json!({ "connectorId": number, "idTag": tag }));
        server.ask(connector, "RemoteStartTransaction", payload).await
    }

    /// Stops charging, if `true`.
    #[send("{connector}__remote_stop", each = self.stations.connectors(), example = true)]
    async fn stop(&self, server: &Server, connector: &str, stop: bool) -> Result<()> {
        let payload = |_| {
            ensure!(stop, "`false` does nothing: `remote_start` starts to charge");
            Ok(json!({ "transactionId": self.stations.transaction(connector)? }))
        };
        server.ask(connector, "RemoteStopTransaction", payload).await
    }

    /// Makes a charge point send a message now.
    #[send("{connector}__trigger_message", each = self.stations.connectors(), one_of = [
        "BootNotification", "DiagnosticsStatusNotification", "FirmwareStatusNotification",
        "Heartbeat", "MeterValues", "StatusNotification",
    ])]
    async fn trigger(&self, server: &Server, connector: &str, message: String) -> Result<()> {
        let payload = |number| Ok(json!({ "requestedMessage": message, "connectorId": number }));
        server.ask(connector, "TriggerMessage", payload).await
    }
}

fn main() -> ExitCode {
    connector_runtime::main::<Ocpp>()
}
