//! Readings with their own timestamp.

use serde::{Serialize, ser::SerializeStruct};

use crate::time::Timestamp;

/// The struct name by which the serializer recognizes [`Timestamped`].
pub(crate) const TIMESTAMPED: &str = "$connector_runtime::Timestamped";

/// Readings with the time at which the device took them, to be published instead of the time of
/// reception.
///
/// Return it from [`parse`](crate::Connector::parse) instead of the readings alone:
///
/// ```
/// use connector_runtime::{Result, Timestamped, Timestamp};
/// # use serde_json::Value;
/// fn parse(raw: &str) -> Result<Timestamped<Value>> {
///     let readings: Value = serde_json::from_str(raw)?;
///     let timestamp = readings["logged_at"].as_i64().map(Timestamp::from_millis);
///     Ok(Timestamped::new(readings, timestamp))
/// }
/// # assert_eq!(parse(r#"{"logged_at": 7}"#).unwrap().timestamp, Some(Timestamp::from_millis(7)));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Timestamped<T> {
    /// The time at which the device took the readings; `None` stands for the time of reception.
    pub timestamp: Option<Timestamp>,
    /// The readings themselves.
    pub readings: T,
}

impl<T> Timestamped<T> {
    /// Readings that the device took at this time; with `None`, at the time of reception.
    pub fn new(readings: T, timestamp: impl Into<Option<Timestamp>>) -> Self {
        Self { timestamp: timestamp.into(), readings }
    }
}

impl<T: Serialize> Serialize for Timestamped<T> {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        let mut timestamped = serializer.serialize_struct(TIMESTAMPED, 2)?;
        timestamped.serialize_field("timestamp", &self.timestamp)?;
        timestamped.serialize_field("readings", &self.readings)?;
        timestamped.end()
    }
}
