//! Runs connectors: programs that link one device or gateway to an MQTT bus, the way
//! [BEMCom](https://github.com/fzi-forschungszentrum-informatik/BEMCom) speaks it.
//!
//! You write how to reach the device; everything else is here. A complete connector:
//!
//! ```no_run
//! use connector_runtime::prelude::*;
//! use tokio::{io::AsyncReadExt, io::AsyncWriteExt, net::TcpStream};
//!
//! /// Connects a thermostat that tells the temperature to whoever connects.
//! #[connector]
//! struct Thermostat {
//!     /// Address of the thermostat, as host:port.
//!     #[arg(long, env = "THERMOSTAT_ADDR")]
//!     address: String,
//! }
//!
//! #[derive(Serialize, Datapoints)]
//! struct Room {
//!     #[datapoint(unit = "°C")]
//!     temperature: f64,
//! }
//!
//! #[connector]
//! impl Thermostat {
//!     #[receive(every = Duration::from_secs(10))]
//!     async fn ask(&self) -> Result<String> {
//!         let mut answer = String::new();
//!         TcpStream::connect(&self.address).await?.read_to_string(&mut answer).await?;
//!         Ok(answer)
//!     }
//!
//!     #[parse]
//!     fn room(raw: &str) -> Result<Room> {
//!         Ok(Room { temperature: raw.trim().parse().context("not a temperature")? })
//!     }
//!
//!     /// Sets the temperature that the room shall have, in °C.
//!     #[send("setpoint", range = 15.0..=30.0)]
//!     async fn aim_at(&self, celsius: f64) -> Result<()> {
//!         let mut connection = TcpStream::connect(&self.address).await?;
//!         Ok(connection.write_all(format!("{celsius}\n").as_bytes()).await?)
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     connector_runtime::main::<Thermostat>()
//! }
//! ```
//!
//! # The guide
//!
//! | page | answers |
//! |---|---|
//! | [first connector](guide::first_connector) | How do I start? What do all methods look like in full? |
//! | [configuration](guide::configuration) | How does it get its settings? How do I run one, or several? |
//! | [sensors](guide::sensors) | My device pushes, or is polled. A value may be absent. |
//! | [commands](guide::commands) | What may a command be? Some actuators are known only at run time. |
//! | [sessions](guide::sessions) | How do I reconnect? How are errors told? What does the log say? |
//! | [operation](guide::operation) | Is it there, and well? What does it count? |
//! | [reliability](guide::reliability) | What is lost when the line, the broker or the connector fails? |
//! | [performance](guide::performance) | What does it cost, beside the least that could do its work? |
//! | [testing](guide::testing) | How do I test `parse`, and how a whole connector? |
//! | [by hand](guide::by_hand) | How do I implement the trait [`Connector`] myself? |
//! | [expansion](guide::expansion) | What does the macro write, and what does it refuse? |
//!
//! # The attributes
//!
//! | attribute | on | says |
//! |---|---|---|
//! | [`#[connector]`](macro@connector) | a struct | its fields are the settings |
//! | [`#[connector]`](macro@connector) | its `impl` block | its methods reach the device |
//! | [`#[connect]`](macro@connect) | a method | it opens a session with the device |
//! | [`#[receive]`](macro@receive) | methods | they get raw messages |
//! | [`#[parse]`](macro@parse) | a method | it makes readings of a raw message |
//! | [`#[send]`](macro@send) | methods | they hand commands to the device |
//! | [`#[derive(Datapoints)]`](derive@Datapoints) | readings | their sensors are known before the first message |
//!
//! # What the runtime does
//!
//! A raw message is received, published for the raw message data base if that is switched on, parsed
//! (a pure function), flattened to datapoints, and those that the administrator selected are
//! published. A command is decoded, checked against what its actuator accepts, and handed to the
//! device. Whatever a device, a controller or the administrator sends: it is refused, logged, and
//! survived. The session with the device is opened again whenever it has ended. The connection to the
//! broker may come and go: every time it is back the connector subscribes again, announces its
//! datapoints again and publishes their last values again.
//!
//! # Features
//!
//! | feature | for |
//! |---|---|
//! | `spool` (on by default) | what waits for the broker is on disk, with `SPOOL_DIR` |
//! | `tls` (on by default) | TLS to the broker |
//! | `testing` | tests: the module [`testing`] |
//! | `embedded-broker` | demonstrations: an MQTT broker within the process |
//!
//! A connector that runs in a building needs none of the others.

#![cfg_attr(not(feature = "testing"), allow(rustdoc::broken_intra_doc_links))]

pub mod __private;
mod bus;
mod cli;
mod command;
mod connector;
pub mod datapoint;
mod device;
mod error;
#[cfg(any(doc, doctest))]
pub mod guide;
mod mqtt;
mod outbox;
pub mod raw;
pub mod readings;
mod runtime;
mod settings;
mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod time;

pub use anyhow;
pub use clap;
#[doc(inline)]
pub use connector_macros::{Datapoints, connect, connector, parse, receive, send};
pub use tracing;

#[cfg(feature = "embedded-broker")]
pub use crate::mqtt::{BrokerListener, EmbeddedBroker};
#[doc(inline)]
pub use crate::settings::value_parser;
pub use crate::{
    cli::main,
    connector::{Connector, Every, Source},
    datapoint::{Actuator, Command, Kind, Sensor},
    device::Task,
    error::{Error, KeepSession, Result},
    raw::RawMessage,
    readings::{Datapoints, Timestamped},
    runtime::run,
    settings::{BusSettings, ConnectorSettings, Secret},
    telemetry::LogTopicLayer,
    time::Timestamp,
};

/// Everything that a connector's source needs: `use connector_runtime::prelude::*;`.
pub mod prelude {
    pub use std::{process::ExitCode, time::Duration};

    pub use anyhow::{Context, anyhow, bail, ensure};
    pub use clap;
    pub use connector_macros::{connect, connector, parse, receive, send};
    pub use serde::{Deserialize, Serialize};
    pub use tracing;

    pub use crate::{
        Actuator, Command, Connector, Datapoints, Error, KeepSession, RawMessage, Result, Secret,
        Sensor, Source, Timestamp, Timestamped, value_parser,
    };
}

/// The code in the README compiles and runs.
#[cfg(all(doctest, feature = "testing"))]
#[doc = include_str!("../../README.md")]
struct Readme;
