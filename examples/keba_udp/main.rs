//! Charging stations KEBA P30 over UDP: reports that are polled, changes that they report unprompted, and
//! commands.
//!
//! The protocol is in KEBA's "P30 UDP Programmers Guide", version 2.01. Switch the UDP
//! interface on (DIP switch DSW1.3) and try it with any MQTT broker:
//!
//! ```text
//! KEBA_P30_CHARGE_STATIONS='{"p30_garage": "192.168.0.99"}' MQTT_BROKER_HOST=localhost \
//!     cargo run --example keba_udp
//! ```
//!
//! Differences from BEMCom's `keba-p30-connector`:
//!
//! - A change that a station reports unprompted is a value of the same sensor as in its reports.
//! - A station that does not answer, or has no address, is logged and retried; the original stopped.
//! - Stations are queried concurrently, and each has its own pauses.
//! - A command that a station refuses or does not confirm is an error, and so is a value that the guide
//!   does not allow.
//! - `POLL_SECONDS` has a default.
//! - The examples of actuators with numbers are numbers.
//! - A recorded raw message is one datagram, not all reports of a poll.

mod datagram;
#[cfg(test)]
mod simulator;
mod stations;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, net::SocketAddr};

use connector_runtime::prelude::*;
use tokio::net::UdpSocket;

use crate::{
    datagram::{Content, Datagram, Values},
    stations::Stations,
};

/// Connects charging stations KEBA P30 over UDP.
#[connector(name = "keba-p30-connector")]
struct KebaP30 {
    /// Names of the stations with their hosts, as JSON: `{"p30_garage": "192.168.0.99"}`.
    #[arg(long, env = "KEBA_P30_CHARGE_STATIONS", value_parser = value_parser::json::<Hosts>, value_name = "JSON")]
    stations: Hosts,
    /// Seconds from one poll to the next; the guide asks for at least 5.
    #[arg(long, env = "POLL_SECONDS", value_parser = value_parser::seconds, default_value = "30")]
    poll_seconds: Duration,
    /// Seconds that a station may take for an answer.
    #[arg(long, env = "READ_TIMEOUT", value_parser = value_parser::seconds, default_value = "5")]
    read_timeout: Duration,
    /// Port of the stations.
    #[arg(long, env = "TARGET_PORT", default_value_t = 7090)]
    target_port: u16,
    /// Address and port to receive answers on; stations send them to port 7090.
    #[arg(long, env = "LISTEN_ADDRESS", default_value = "0.0.0.0:7090")]
    listen_address: SocketAddr,
}

/// The host of each station, by its name.
type Hosts = BTreeMap<String, String>;

/// The values of each station, by the report that contains them.
type Readings = BTreeMap<String, BTreeMap<String, Values>>;

#[connector]
impl KebaP30 {
    /// Binds the socket that all stations share, because all answer to one port.
    #[connect]
    async fn open(&self) -> Result<Stations> {
        let at = self.listen_address;
        let socket = UdpSocket::bind(at).await.with_context(|| format!("cannot listen at {at}"))?;
        Ok(Stations::new(socket, &self.stations, self.target_port, self.read_timeout))
    }

    /// Waits for the next datagram of a station, which may be an answer.
    #[receive]
    async fn datagram(&self, stations: &Stations) -> Result<Option<Datagram>> {
        stations.next().await
    }

    /// Requests all reports. A station that does not answer does not end the session with the others.
    #[receive(every = self.poll_seconds, keep_session)]
    async fn reports(&self, stations: &Stations) -> Result<Option<Datagram>> {
        stations.poll().await?;
        Ok(None)
    }

    #[parse]
    fn readings(raw: &Datagram) -> Result<Option<Readings>> {
        let reports = match Content::of(&raw.text)? {
            Content::Report(id, values) => BTreeMap::from([(format!("report {id}"), values)]),
            Content::Changes(values) => by_report(values),
            Content::Reply => return Ok(None),
        };
        Ok(Some(BTreeMap::from([(raw.station.clone(), reports)])))
    }

    /// Enables or disables a station.
    #[send("{station}__ena", each = self.stations.keys(), one_of = [0, 1], keep_session)]
    async fn enable(&self, stations: &Stations, station: &str, on: u8) -> Result<()> {
        stations.command(station, "ena", on).await
    }

    /// Limits the current, in mA; 0 stops charging.
    #[send(
        "{station}__curr",
        each = self.stations.keys(),
        range = 6000..=63_000,
        one_of = [0],
        example = 63_000,
        keep_session
    )]
    async fn limit_current(&self, stations: &Stations, station: &str, current: u32) -> Result<()> {
        stations.command(station, "curr", current).await
    }

    /// Ends charging after this energy, in 0.1 Wh; 0 removes the limit.
    #[send(
        "{station}__setenergy",
        each = self.stations.keys(),
        range = 0..=999_999_999,
        example = 100_000,
        keep_session
    )]
    async fn limit_energy(&self, stations: &Stations, station: &str, energy: u32) -> Result<()> {
        stations.command(station, "setenergy", energy).await
    }

    /// Shows a text, after four numbers for its duration; `$` is a blank.
    #[send(
        "{station}__display",
        each = self.stations.keys(),
        max_len = 40,
        example = "0 0 0 0 Hello$KEBA",
        keep_session
    )]
    async fn display(&self, stations: &Stations, station: &str, text: String) -> Result<()> {
        stations.command(station, "display", text).await
    }
}

/// Groups the changes that a station reports unprompted by the report that contains their values.
fn by_report(changes: Values) -> BTreeMap<String, Values> {
    let mut reports = BTreeMap::<_, Values>::new();
    for (name, value) in changes {
        let report = if name == "E pres" { "report 3" } else { "report 2" };
        reports.entry(report.to_owned()).or_default().insert(name, value);
    }
    reports
}

fn main() -> ExitCode {
    connector_runtime::main::<KebaP30>()
}
