//! What an actuator asks of its commands beside their value.

use std::time::Duration;

use serde_json::Value;

/// How long a send may take where nothing else is said.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

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

impl Rules {
    /// How long a send may take: one that hangs must not keep the failsafe value back.
    pub(crate) fn send_limit(&self) -> Duration {
        let timeout = self.timeout.unwrap_or(SEND_TIMEOUT);
        self.failsafe.as_ref().map_or(timeout, |failsafe| timeout.min(failsafe.after))
    }
}

/// What the device gets where nobody tells it anything for so long.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failsafe {
    pub(crate) value: Value,
    pub(crate) after: Duration,
}
