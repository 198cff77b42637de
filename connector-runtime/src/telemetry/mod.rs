//! Telemetry of a running connector: log messages and counters.

mod counted;
pub(crate) mod log;
pub(crate) mod metrics;
mod repetition;

pub use self::log::LogTopicLayer;
pub(crate) use self::{counted::counted, repetition::Repetition};
