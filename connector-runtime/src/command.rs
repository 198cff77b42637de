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

    /// The value, decoded; the error says what was expected and what came instead. For an integer
    /// `70.0` is as good as `70`: many controllers know only floating-point numbers.
    pub fn value<T: DeserializeOwned>(&self) -> Result<T> {
        let json = self.value.get();
        let decoded = serde_json::from_str(json);
        let decoded = decoded.or_else(|error| match whole(json) {
            Some(integer) => serde_json::from_str(&integer.to_string()),
            None => Err(error),
        });
        decoded.map_err(|error| {
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or_default();
            anyhow::anyhow!("the value {json:.100} does not fit: {reason}")
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

/// The integer that a floating-point number stands for exactly.
#[allow(clippy::cast_possible_truncation, reason = "checked to be in the range just before")]
fn whole(json: &str) -> Option<i64> {
    let float: f64 = json.parse().ok()?;
    (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(json: &str) -> Command {
        Command::new("key", serde_json::from_str(json).unwrap(), Timestamp::from_millis(0))
    }

    #[test]
    fn whole_numbers_are_integers_however_they_are_written() {
        for json in ["70", "70.0", "7e1"] {
            assert_eq!(command(json).value::<u8>().unwrap(), 70, "{json}");
        }
        for json in ["70.5", "-1.0", "256.0", "\"70\"", "null", "1e300"] {
            assert!(command(json).value::<u8>().is_err(), "{json}");
        }
        let error = command("\"warm\"").value::<f64>().unwrap_err().to_string();
        assert_eq!(
            error,
            "the value \"warm\" does not fit: invalid type: string \"warm\", expected f64"
        );
    }
}
