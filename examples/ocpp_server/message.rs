//! Messages between the connection of a charge point and the connector.

use connector_runtime::prelude::*;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::protocol::Frame;

/// A raw message: a charge point and its event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) charge_point: String,
    #[serde(flatten)]
    pub(crate) event: Event,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    /// It has connected, or disconnected.
    Connected(bool),
    /// It has sent this text.
    Frame(String),
}

/// A request to a charge point.
pub(crate) struct Question {
    pub(crate) action: &'static str,
    pub(crate) payload: Value,
    pub(crate) answer: oneshot::Sender<Frame>,
}
