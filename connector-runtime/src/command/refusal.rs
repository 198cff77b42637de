//! Reasons why a command is rejected, ignored or given up.

use std::time::Duration;

use crate::error::{Causes, Error};

/// Why a command is rejected, ignored or given up. Its text completes a log message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("it was retained, so it may be old")]
    Retained,
    #[error("it is {age:?} old, more than the allowed {max_age:?}")]
    Stale { age: Duration, max_age: Duration },
    #[error(
        "its timestamp is {0:?} in the future: check the clocks of the sender and the connector"
    )]
    Future(Duration),
    #[error("its timestamp is not newer than that of an earlier command")]
    NotNewer,
    /// The actuator does not accept the value.
    #[error("{}", Causes(.0))]
    Range(Error),
    /// The payload is not a valid value message.
    #[error("{}", Causes(.0))]
    Unreadable(Error),
    #[error("this connector has no actuator `{0}`")]
    Unknown(String),
    #[error("{0} commands are already waiting for this actuator")]
    QueueFull(usize),
    #[error("a newer value replaces it")]
    Superseded,
    #[error("there is no connection to the device")]
    NoDevice,
    /// The call was sent, and then given up.
    #[error("its session has ended, and the call did not return in time")]
    Overdue,
    #[error("the connector is shutting down")]
    Stopping,
}

impl Refusal {
    /// Returns a short name of the reason, for metrics.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Retained => "retained",
            Self::Stale { .. } => "stale",
            Self::Future(_) => "future",
            Self::NotNewer => "not_newer",
            Self::Range(_) => "range",
            Self::Unreadable(_) => "unreadable",
            Self::Unknown(_) => "unknown",
            Self::QueueFull(_) => "queue_full",
            Self::Superseded => "superseded",
            Self::NoDevice => "no_device",
            Self::Overdue | Self::Stopping => "overdue",
        }
    }

    /// Returns whether this happens in normal operation, so that nobody needs to act.
    pub(crate) fn is_usual(&self) -> bool {
        matches!(self, Self::Retained | Self::Superseded)
    }
}
