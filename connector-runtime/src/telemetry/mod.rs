//! Telemetry of a running connector: log messages and counters.

pub(crate) mod log;
pub(crate) mod metrics;

pub use self::log::LogTopicLayer;
