//! What the connection of a charge point and the connector tell each other.

use connector_runtime::prelude::*;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::protocol::Frame;

/// What is recorded: a charge point, and what it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) charge_point: String,
    #[serde(flatten)]
    pub(crate) event: Event,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    /// It has come, or it has gone.
    Connected(bool),
    /// It sent this.
    Frame(String),
}

/// What is asked of a charge point.
pub(crate) struct Question {
    pub(crate) action: &'static str,
    pub(crate) payload: Value,
    pub(crate) answer: oneshot::Sender<Frame>,
}
