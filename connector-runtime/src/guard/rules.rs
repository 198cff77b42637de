//! What an actuator asks of its commands beside their value.

use std::time::Duration;

use serde_json::Value;

/// The rules of one actuator. By default each that is live is taken.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rules {
    pub(crate) max_age: Option<Duration>,
    pub(crate) is_monotonic: bool,
    pub(crate) newest_only: bool,
    pub(crate) min_interval: Duration,
    /// How long the device may take for one, if that was said.
    pub(crate) timeout: Option<Duration>,
    pub(crate) failsafe: Option<Failsafe>,
    pub(crate) accepts_retained: bool,
}

/// What the device gets where nobody tells it anything for so long.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failsafe {
    pub(crate) value: Value,
    pub(crate) after: Duration,
    /// Why the method that sends it cannot take this value.
    pub(crate) misfit: Option<String>,
}
