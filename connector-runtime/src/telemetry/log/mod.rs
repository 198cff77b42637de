//! Log messages: printed on the console, and published on `{name}/logs` with Python's numeric levels.
//!
//! Each connector has its own [`Logs`]: messages of its tasks are published on its own topic, even if
//! several connectors run in one process. Logging never waits and never fails. The code on the way from
//! here to the broker logs nothing, so that a log message cannot cause another one.

mod collector;
mod console;
mod entry;
mod layer;
mod limit;
mod lines;
#[cfg(test)]
mod tests;
pub(crate) mod text;

pub use self::layer::LogTopicLayer;
pub(crate) use self::{
    collector::Logs,
    console::{Console, init},
    entry::LogMessage,
};
