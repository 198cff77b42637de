//! The rules of an actuator for its commands, other than those for the value.

use std::time::Duration;

use serde_json::Value;

/// The default time limit of a send.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// The rules of one actuator. By default every command that is not retained is accepted.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rules {
    pub(crate) max_age: Option<Duration>,
    pub(crate) is_monotonic: bool,
    pub(crate) newest_only: bool,
    pub(crate) min_interval: Duration,
    /// The time limit of a send, if one is set.
    pub(crate) timeout: Option<Duration>,
    pub(crate) failsafe: Option<Failsafe>,
    pub(crate) accepts_retained: bool,
}

impl Rules {
    /// Returns the time limit of a send. A send that hangs must not delay the failsafe value.
    pub(crate) fn send_limit(&self) -> Duration {
        let timeout = self.timeout.unwrap_or(SEND_TIMEOUT);
        self.failsafe.as_ref().map_or(timeout, |failsafe| timeout.min(failsafe.after))
    }
}

/// The value that the device receives if no command arrives for `after`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failsafe {
    pub(crate) value: Value,
    pub(crate) after: Duration,
}
