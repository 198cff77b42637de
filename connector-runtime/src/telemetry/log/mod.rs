//! Log messages: printed on the console, and published on `{name}/logs` with Python's numeric levels.
//!
//! Each connector has its own [`Logs`]: messages of its tasks are published on its own topic, even if
//! several connectors run in one process. Logging never waits and never fails: the `printer` writes to the
//! console on its own thread, and the `limit` holds back messages that come too often. The code on the way
//! from here to the broker logs nothing, so that a log message cannot cause another one.

mod collector;
mod console;
mod entry;
mod layer;
mod limit;
mod line;
mod panics;
mod printer;
#[cfg(test)]
mod tests;
pub(crate) mod text;

/// The error when the thread that prints cannot be started.
pub(crate) const CANNOT_PRINT: &str = "cannot start the thread that prints log messages";

pub use self::layer::LogTopicLayer;
pub(crate) use self::{
    collector::{Logs, LostLogs},
    console::{Console, init},
    entry::LogMessage,
    panics::log_panics,
};
