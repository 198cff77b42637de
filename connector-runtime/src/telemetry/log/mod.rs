//! Log messages: to stdout, and to `{name}/logs` with Python's numeric levels.
//!
//! Each connector has its own [`Logs`]: what its tasks say goes to its own topic, also where many
//! connectors run in one process. Saying something never waits and never fails. From here to the
//! broker nothing is logged, so that a log message cannot cause another one.

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
