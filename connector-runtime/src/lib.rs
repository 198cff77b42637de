//! Runs connectors: programs that link one device or gateway to the MQTT message bus of
//! [BEMCom](https://github.com/fzi-forschungszentrum-informatik/BEMCom).
//!
//! You write the code that reads and controls the device; the runtime does everything else. A complete
//! connector:
//!
//! ```no_run
//! use connector_runtime::prelude::*;
//! use tokio::{io::AsyncReadExt, io::AsyncWriteExt, net::TcpStream};
//!
//! /// Connects a thermostat that sends its temperature to every client.
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
//!     /// Sets the target temperature, in °C.
//!     #[send("setpoint", range = 15.0..=30.0)]
//!     async fn set_target(&self, celsius: f64) -> Result<()> {
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
//! The [guide] starts with a [glossary](crate::guide#glossary). Its pages:
//!
//! | page | answers |
//! |---|---|
//! | [first connector](guide::first_connector) | How do I start? Which methods, parameters and options does a connector have? |
//! | [configuration](guide::configuration) | How do I declare settings? How do I run one connector, or several? |
//! | [sensors](guide::sensors) | How do I read a device, and declare its sensors? |
//! | [commands](guide::commands) | How do I accept commands, and check them? |
//! | [sessions](guide::sessions) | How do I reconnect, send one request at a time, and report errors? |
//! | [options](guide::options) | Which options does each attribute have? |
//! | [tools](guide::tools) | How do I inspect, record, replay and simulate a device from the command line? |
//! | [documents](guide::documents) | How do I generate documentation, deployment files and Home Assistant messages from the code? |
//! | [operation](guide::operation) | How do I deploy and monitor a connector? |
//! | [reliability](guide::reliability) | Which messages are lost when the network, the broker or the connector fails? |
//! | [performance](guide::performance) | What does it cost compared with a minimal client? |
//! | [testing](guide::testing) | How do I test `parse`, and a whole connector? |
//! | [by hand](guide::by_hand) | How do I implement the trait [`Connector`] without the macro? |
//! | [expansion](guide::expansion) | Which code does the macro generate, and what does it reject? |
//!
//! # The attributes
//!
//! | attribute | on | meaning |
//! |---|---|---|
//! | [`#[connector]`](macro@connector) | a struct | its fields are the settings |
//! | [`#[connector]`](macro@connector) | its `impl` block | its methods read and control the device |
//! | [`#[connect]`](macro@connect) | a method, optional | opens a session with the device |
//! | [`#[receive]`](macro@receive) | one or more methods | each returns raw messages of the device |
//! | [`#[parse]`](macro@parse) | one method | converts a raw message into readings |
//! | [`#[send]`](macro@send) | any number of methods | each sends commands to the device |
//! | [`#[derive(Datapoints)]`](derive@Datapoints) | the type of the readings, optional | announces its sensors before the first message |
//!
//! # Responsibilities of the runtime
//!
//! *From the device to the bus.* The runtime receives a raw message, publishes it for the raw message
//! database if `SEND_RAW_MESSAGE_TO_DB` is set, parses it (a pure function), flattens the readings to
//! datapoints, and publishes those that the administrator has selected.
//!
//! *From the bus to the device.* The runtime decodes a command, checks it against the rules of its actuator,
//! and passes it to the method for that actuator.
//!
//! *Faults.* Invalid input from a device, a controller or the administrator is rejected and logged; it never
//! stops the connector. When the session with the device ends, the runtime opens a new one. When the
//! connection to the broker is lost, the runtime reconnects, subscribes again, and publishes its announcement
//! and the last values again.
//!
//! # Features
//!
//! | feature | default? | meaning |
//! |---|---|---|
//! | `spool` | yes | keeps values and raw messages that wait for the broker on disk, if `SPOOL_DIR` is set |
//! | `tls` | yes | supports TLS to the broker |
//! | `testing` | no | the module [`testing`]: runs a connector in a test |
//! | `embedded-broker` | no | an MQTT broker within the process, for demonstrations |
//!
//! A connector in production needs at most the default features.
//!
//! # Layout
//!
//! This section is for contributors to the runtime. Each folder uses only those above it, and no two files use
//! each other; `cargo test --test layers` checks both.
//!
//! | folder | contains |
//! |---|---|
//! | `system/` | files and threads of the operating system |
//! | `error/` | errors of the device part: their causes, their mark, and panics |
//! | `time/` | timestamps, clocks, and pauses between retries |
//! | `telemetry/` | log messages and metrics |
//! | `datapoint/` | a sensor, an actuator, a command, and which values an actuator accepts |
//! | `raw/` | a raw message as JSON, and archives of raw messages |
//! | `mqtt/` | MQTT 3.1.1: packets, topics, connections, TLS, and the embedded broker |
//! | `settings/` | settings from flags, the environment, files and `.env` |
//! | `readings/` | the conversion of any type that serde can serialize to keys and values |
//! | `connector/` | the trait [`Connector`] and its sources |
//! | `command/` | commands that wait for the device |
//! | `outbox/` | the outbox: messages that wait for the broker, in memory and on disk |
//! | `bus/` | BEMCom's protocol, and the connection that carries it |
//! | `device/` | the session with the device, and every call of the device part |
//! | `runtime/` | the running connector: joins the bus and the device |
//! | `cli/` | the program: `run` and its tools |
//! | `testing/` | a connector in a test |
//! | `__private.rs` | what generated code calls |
//! | `guide.rs` | the guide |
//! | `lib.rs` | the public names |

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
mod system;
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

/// Everything that the code of a connector needs: `use connector_runtime::prelude::*;`.
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
