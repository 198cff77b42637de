//! Runs connectors: programs that link one device or gateway to an MQTT bus, the way
//! [BEMCom](https://github.com/fzi-forschungszentrum-informatik/BEMCom) speaks it.
//!
//! You write how to reach the device; everything else is here. A complete connector:
//!
//! ```no_run
//! use connector_runtime::prelude::*;
//! use serde_json::{Value, json};
//!
//! /// A heat meter that answers over UDP.
//! #[connector]
//! struct HeatMeter {
//!     /// Address of the meter, as host:port.
//!     #[arg(long, env = "METER_ADDR")]
//!     meter: std::net::SocketAddr,
//! }
//!
//! #[connector]
//! impl HeatMeter {
//!     /// Asks for the current state: `power=1200;flow=42.5`.
//!     #[receive(every = Duration::from_secs(10))]
//!     async fn ask(&self) -> Result<String> {
//!         let socket = tokio::net::UdpSocket::bind("0.0.0.0:0").await?;
//!         socket.send_to(b"state?", self.meter).await?;
//!         let mut answer = [0; 512];
//!         let length = socket.recv(&mut answer).await?;
//!         Ok(str::from_utf8(&answer[..length])?.to_owned())
//!     }
//!
//!     /// Each field is a sensor.
//!     #[parse]
//!     fn fields(raw: &str) -> Result<Value> {
//!         raw.split(';')
//!             .map(|field| {
//!                 let (key, value) = field.split_once('=').context("a field has no value")?;
//!                 Ok((key.to_owned(), json!(value.parse::<f64>()?)))
//!             })
//!             .collect()
//!     }
//!
//!     /// Sets the valve's opening, in percent.
//!     #[send("valve", range = 0..=100)]
//!     async fn set_valve(&self, percent: u8) -> Result<()> {
//!         let socket = tokio::net::UdpSocket::bind("0.0.0.0:0").await?;
//!         socket.send_to(format!("valve={percent}").as_bytes(), self.meter).await?;
//!         Ok(())
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     connector_runtime::main::<HeatMeter>()
//! }
//! ```
//!
//! # Where to read on
//!
//! - [`connector`](macro@connector), [`receive`](macro@receive), [`parse`](macro@parse) and
//!   [`send`](macro@send): what can be annotated, and how.
//! - [`Datapoints`](derive@Datapoints): sensors that are known before the first message, with unit,
//!   range and description.
//! - [`Connector`]: the trait behind the macro, to be implemented by hand where datapoints are known
//!   only at run time.
//! - [`main`] and [`run`]: from a connector to a running program.
//! - [`BusSettings`]: the settings that every connector has.
//! - [`raw`]: how raw messages are recorded, bytes among them.
//! - [`testing`]: a whole connector in a test, without a broker and without waiting.
//!
//! # What the runtime does
//!
//! A raw message is received, published for the raw message data base if that is switched on, parsed
//! (a pure function), flattened to datapoints, and those that the administrator selected are
//! published. A command is decoded, checked against what its actuator accepts, and handed to the
//! device. Whatever a device, a controller or the administrator sends: it is refused, logged, and
//! survived. The connection to the broker may come and go: every time it is back the connector
//! subscribes again, announces its datapoints again and publishes their last values again.
//!
//! # Features
//!
//! | feature | for |
//! |---|---|
//! | `testing` | tests: the module [`testing`] |
//! | `embedded-broker` | demonstrations: an MQTT broker within the process |
//!
//! None is on by default; a connector that runs in a building needs none of them.

#![cfg_attr(not(feature = "testing"), allow(rustdoc::broken_intra_doc_links))]

pub mod __private;
mod actuator;
mod broker;
mod causes;
mod command;
mod commands;
mod connector;
mod datapoints;
mod describe;
mod device;
mod flatten;
mod harmless;
mod isolation;
mod keys;
mod log;
mod map;
mod message;
mod number;
mod outbox;
mod quarantine;
pub mod raw;
mod registry;
mod run;
mod sensor;
mod session;
mod settings;
mod shared;
mod source;
mod stamped;
mod stop;
mod task;
#[cfg(feature = "testing")]
pub mod testing;
mod timestamp;
mod topic;
pub mod values;

pub use actuator::Actuator;
pub use anyhow;
#[cfg(feature = "embedded-broker")]
pub use broker::{EmbeddedBroker, Listening};
pub use clap;
pub use command::Command;
pub use connector::{Connector, Error, Every, Result, Settings, Source};
#[doc(inline)]
pub use connector_macros::{Datapoints, connect, connector, parse, receive, send};
pub use datapoints::Datapoints;
pub use describe::{Describe, Field};
pub use flatten::{Flat, record::Record};
pub use harmless::Harmless;
pub use log::BusLayer;
pub use number::{Bound, Number};
pub use raw::RawMessage;
pub use run::{main, run};
pub use sensor::{Kind, Sensor};
pub use settings::{BusSettings, Secret};
pub use stamped::Stamped;
pub use task::Task;
pub use timestamp::Timestamp;
pub use tracing;

/// Everything that a connector's source needs: `use connector_runtime::prelude::*;`.
pub mod prelude {
    pub use std::{process::ExitCode, time::Duration};

    pub use anyhow::{Context, anyhow, bail, ensure};
    pub use clap;
    pub use connector_macros::{connect, connector, parse, receive, send};
    pub use serde::{Deserialize, Serialize};
    pub use tracing;

    pub use crate::{
        Actuator, Command, Connector, Datapoints, Error, Harmless, RawMessage, Result, Sensor,
        Source, Stamped, Timestamp,
    };
}

/// The code in the README compiles and runs.
#[cfg(all(doctest, feature = "testing"))]
#[doc = include_str!("../../README.md")]
struct Readme;
