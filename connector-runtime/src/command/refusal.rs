//! Why a command is not carried out.

use std::time::Duration;

use crate::{
    command::queue::QUEUE,
    error::{Causes, Error},
};

/// The reason, as the log tells it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("it is history")]
    Retained,
    #[error("it is {age:?} old, and {max_age:?} are allowed")]
    Stale { age: Duration, max_age: Duration },
    #[error("its timestamp is {0:?} in the future: do both clocks show the right time?")]
    Future(Duration),
    #[error("its timestamp is not newer than that of the command before")]
    NotNewer,
    /// The value is none that the actuator accepts.
    #[error("{}", Causes(.0))]
    Range(Error),
    /// The message is none of a value.
    #[error("{}", Causes(.0))]
    Unreadable(Error),
    #[error("this connector has no actuator `{0}`")]
    Unknown(String),
    #[error("{QUEUE} commands are waiting for it already")]
    QueueFull,
    #[error("a newer value goes in its place")]
    Superseded,
    #[error("there is no connection to the device")]
    NoDevice,
    #[error("its session has ended, and it did not return")]
    Overdue,
    #[error("the connector stops before it may be sent")]
    Stopping,
}

impl Refusal {
    /// A short word for it, to count by.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Retained => "retained",
            Self::Stale { .. } => "stale",
            Self::Future(_) => "future",
            Self::NotNewer => "not_newer",
            Self::Range(_) => "range",
            Self::Unreadable(_) => "unreadable",
            Self::Unknown(_) => "unknown",
            Self::QueueFull => "queue_full",
            Self::Superseded => "superseded",
            Self::NoDevice => "no_device",
            Self::Overdue | Self::Stopping => "overdue",
        }
    }

    /// Whether this is as it should be: nobody has to do anything about it.
    pub(crate) fn is_usual(&self) -> bool {
        matches!(self, Self::Retained | Self::Superseded)
    }
}
