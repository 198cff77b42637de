//! A command: what a controller asks of an actuator, as it came over the bus.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::{Error, Result, Timestamp};

/// A value for an actuator datapoint, still in JSON, with the time its sender gave it.
#[derive(Debug, Clone)]
pub struct Command {
    key: String,
    value: Box<RawValue>,
    timestamp: Timestamp,
}

impl Command {
    /// A command for the actuator `key`; `value` keeps its JSON type, and its digits.
    #[must_use]
    pub fn new(key: impl Into<String>, value: Box<RawValue>, timestamp: Timestamp) -> Self {
        let key = key.into();
        Self { key, value, timestamp }
    }

    /// Which actuator is meant.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The value, decoded; the error says what was expected and what came instead.
    pub fn value<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(self.value.get()).map_err(|error| {
            let shown: String = self.value.get().chars().take(100).collect();
            anyhow::anyhow!("the value {shown} does not fit: {error}")
        })
    }

    /// The value as the JSON text that was sent.
    #[must_use]
    pub fn json(&self) -> &str {
        self.value.get()
    }

    /// When the sender made the command; the time of reception if it did not say.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// The error for a command whose actuator the connector does not have.
    #[must_use]
    pub fn unknown(&self) -> Error {
        anyhow::anyhow!("this connector has no actuator `{}`", self.key)
    }
}
