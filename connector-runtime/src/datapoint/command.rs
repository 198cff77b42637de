//! A command: what a controller asks of an actuator, as it came over the bus.

use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    datapoint::json::{plain, whole},
    error::{Error, KeepSession, Result},
    time::Timestamp,
};

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

    /// A command that nobody has sent.
    pub(crate) fn of(key: &str, value: &serde_json::Value, timestamp: Timestamp) -> Self {
        let value = to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned());
        Self::new(key, value, timestamp)
    }

    /// Which actuator is meant.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The value, decoded; the error says what was expected and what came instead, and is
    /// [`KeepSession`].
    ///
    /// For an integer `70.0` is as good as `70`, as many controllers know only floating-point numbers.
    /// For a number or a bool, text that says nothing else is as good: `"70"`, `"true"`.
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
    fn whole_numbers_are_integers_however_they_are_written() {
        for json in ["70", "70.0", "7e1", "\"70\"", "\" 70.0 \""] {
            assert_eq!(command(json).value::<u8>().unwrap(), 70, "{json}");
        }
        for json in ["70.5", "-1.0", "256.0", "\"256\"", "\"0x46\"", "\"\"", "null", "1e300"] {
            assert!(command(json).value::<u8>().is_err(), "{json}");
        }
    }

    #[test]
    fn text_may_stand_for_a_number_or_a_bool_but_not_the_other_way_round() {
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
