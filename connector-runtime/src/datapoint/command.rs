//! A command: a value that a controller sends to an actuator.

use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    datapoint::json::{plain, whole},
    error::{Error, KeepSession, Result},
    time::Timestamp,
};

/// A value for an actuator, still encoded as JSON, with a timestamp.
#[derive(Debug, Clone)]
pub struct Command {
    key: String,
    value: Box<RawValue>,
    timestamp: Timestamp,
}

impl Command {
    /// Creates a command for the actuator `key`. `value` keeps its JSON type and its digits.
    #[must_use]
    pub fn new(key: impl Into<String>, value: Box<RawValue>, timestamp: Timestamp) -> Self {
        let key = key.into();
        Self { key, value, timestamp }
    }

    /// Creates a command that was not received from the bus.
    pub(crate) fn of(key: &str, value: &serde_json::Value, timestamp: Timestamp) -> Self {
        let value = to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned());
        Self::new(key, value, timestamp)
    }

    /// Returns the key of the actuator.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Decodes the value. The error states the expected and the actual type, and is marked with
    /// [`KeepSession`].
    ///
    /// As an integer, `70.0` counts as `70`, because many controllers only support floating-point
    /// numbers. As a number or a bool, text that contains nothing else is accepted too: `"70"`,
    /// `"true"`.
    pub fn value<T: DeserializeOwned>(&self) -> Result<T> {
        let json = self.value.get();
        let decoded = serde_json::from_str(json).or_else(|error| {
            let other = plain(json).and_then(|json| {
                let decoded = serde_json::from_str(&json).ok();
                decoded.or_else(|| serde_json::from_str(&whole(&json)?.to_string()).ok())
            });
            other.ok_or(error)
        });
        decoded.map_err(|error| {
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or_default();
            anyhow::anyhow!("the value {json:.100} does not fit: {reason}").keep_session()
        })
    }

    /// Returns the value as the JSON text that was sent.
    #[must_use]
    pub fn json(&self) -> &str {
        self.value.get()
    }

    /// Returns the timestamp of the sender, or else the time of arrival.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// Returns the error for a command whose actuator does not exist in this connector.
    #[must_use]
    pub fn unknown(&self) -> Error {
        anyhow::anyhow!("this connector has no actuator `{}`", self.key).keep_session()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(json: &str) -> Command {
        Command::new("key", serde_json::from_str(json).unwrap(), Timestamp::from_millis(0))
    }

    #[test]
    fn whole_numbers_decode_as_integers_in_every_notation() {
        for json in ["70", "70.0", "7e1", "\"70\"", "\" 70.0 \""] {
            assert_eq!(command(json).value::<u8>().unwrap(), 70, "{json}");
        }
        for json in ["70.5", "-1.0", "256.0", "\"256\"", "\"0x46\"", "\"\"", "null", "1e300"] {
            assert!(command(json).value::<u8>().is_err(), "{json}");
        }
    }

    #[test]
    fn text_decodes_as_a_number_or_bool_but_not_vice_versa() {
        assert_eq!(command("\"18.0\"").value::<f64>().unwrap().to_string(), "18");
        assert_eq!(command("\"18.0\"").value::<Option<f32>>().unwrap(), Some(18.0));
        assert_eq!(command("\"18.0\"").value::<String>().unwrap(), "18.0");
        assert!(command("\"true\"").value::<bool>().unwrap());
        for json in ["\"18.0 °C\"", "\"NaN\"", "\"1e999\"", "\"[1]\"", "\"null\"", "true"] {
            assert!(command(json).value::<f64>().is_err(), "{json}");
        }
        assert!(command("18.0").value::<String>().is_err());
        assert!(command("1").value::<bool>().is_err());
        let error = command("\"warm\"").value::<f64>().unwrap_err().to_string();
        assert_eq!(
            error,
            "the value \"warm\" does not fit: invalid type: string \"warm\", expected f64"
        );
    }
}
