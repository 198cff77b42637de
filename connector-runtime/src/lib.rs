//! Runs connectors.

pub mod __private;
mod broker;
mod command;
mod commands;
mod connector;
mod datapoint;
mod flatten;
mod isolation;
mod log;
mod map;
mod message;
mod outbox;
pub mod raw;
mod registry;
mod run;
mod session;
mod settings;
mod shared;
mod source;
mod stop;
#[cfg(feature = "testing")]
pub mod testing;
mod timestamp;
mod topic;

pub use anyhow;
#[cfg(feature = "embedded-broker")]
pub use broker::{EmbeddedBroker, Listening};
pub use clap;
pub use command::Command;
pub use connector::{Connector, Error, Result, Settings, Source};
#[doc(inline)]
pub use connector_macros::{connector, parse, receive, send};
pub use datapoint::{Actuator, Bound, Number, Stamped};
pub use raw::RawMessage;
pub use run::{main, run};
pub use settings::{BusSettings, Secret, Switch};
pub use timestamp::Timestamp;

/// Everything that a connector's source needs: `use connector_runtime::prelude::*;`.
pub mod prelude {
    pub use std::{process::ExitCode, time::Duration};

    pub use anyhow::{Context, anyhow, bail, ensure};
    pub use clap;
    pub use connector_macros::{connector, parse, receive, send};
    pub use serde::{Deserialize, Serialize};

    pub use crate::{
        Actuator, Command, Connector, Error, RawMessage, Result, Source, Stamped, Timestamp,
    };
}
