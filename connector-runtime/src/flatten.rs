//! From nested readings to datapoints: `{"room": {"temperature": 21.5}}` becomes
//! `room__temperature` with the value `21.5`.
//!
//! Readings are walked once, straight from [`Serialize`] into key and JSON text; there is no tree
//! in between. Objects nest keys; lists, text, numbers, bools and null are values. What JSON or the
//! data bases behind the bus cannot hold is replaced: NaN and infinities become `null`, NUL
//! characters are left out.

mod compound;
mod json_text;
mod key;
pub(crate) mod record;
mod walker;

use std::ops::Range;

use serde::{Serialize, ser::Error as _};

use self::{record::Recorder, walker::Walker};
use crate::{Datapoints, Result as Outcome, Timestamp};

/// Nesting beyond this is an error; `serde_json` draws the line at the same depth.
const MAX_NESTING: usize = 128;

/// What joins the keys of nested objects.
pub(crate) const SEPARATOR: &str = "__";

/// The datapoints of one message, each with its key and its value.
///
/// [`Connector::flatten`](crate::Connector::flatten) fills it. In a test it shows what a message
/// becomes:
///
/// ```
/// use connector_runtime::{prelude::*, readings::FlatReadings};
///
/// #[derive(Serialize, Datapoints)]
/// struct Room {
///     temperature: f64,
///     humidity: Option<u8>,
/// }
///
/// let room = Room { temperature: 21.5, humidity: None };
/// let mut flat = FlatReadings::default();
/// flat.record(&room)?;
/// assert!(flat.values().eq([("temperature", "21.5")]));
/// flat.serialize(&room)?;
/// assert!(flat.values().eq([("temperature", "21.5"), ("humidity", "null")]));
/// # Ok::<_, Error>(())
/// ```
// Its buffers are used again for the next message.
#[derive(Debug, Default)]
pub struct FlatReadings {
    keys: String,
    json: Vec<u8>,
    leaves: Vec<Leaf>,
    timestamp: Option<Timestamp>,
    /// The key of what is being written.
    path: String,
    /// Why what was recorded is no datapoints.
    failure: Option<FlattenError>,
}

#[derive(Debug)]
struct Leaf {
    key: Range<usize>,
    json: Range<usize>,
    depth: usize,
    non_finite: bool,
}

/// One datapoint of a message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading<'a> {
    pub(crate) key: &'a str,
    /// The value as JSON text.
    pub(crate) json: &'a [u8],
    /// How many keys were joined.
    pub(crate) depth: usize,
    /// Whether NaN or an infinity was replaced by `null`.
    pub(crate) non_finite: bool,
}

impl FlatReadings {
    /// The datapoints of one message, in its order.
    #[cfg(test)]
    pub(crate) fn of(readings: &impl Serialize) -> Result<Self, FlattenError> {
        let mut flat = Self::default();
        flat.fill(readings)?;
        Ok(flat)
    }

    /// Replaces the content by readings as serde writes them; `None` becomes `null`.
    pub fn serialize<T: Serialize + ?Sized>(&mut self, readings: &T) -> Outcome<()> {
        Ok(self.fill(readings)?)
    }

    /// Replaces the content by readings as they record themselves; `None` becomes nothing.
    pub fn record<T: Datapoints + ?Sized>(&mut self, readings: &T) -> Outcome<()> {
        self.clear();
        readings.record(&mut Recorder::new(self));
        Ok(self.failure.take().map_or(Ok(()), Err)?)
    }

    /// The key and the value, as JSON text, of each datapoint.
    #[must_use]
    pub fn values(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.readings()
            .map(|reading| (reading.key, str::from_utf8(reading.json).unwrap_or_default()))
    }

    fn fill<T: Serialize + ?Sized>(&mut self, readings: &T) -> Result<(), FlattenError> {
        self.clear();
        readings.serialize(&mut Walker::new(self, Place::default()))
    }

    fn clear(&mut self) {
        self.keys.clear();
        self.json.clear();
        self.leaves.clear();
        self.timestamp = None;
        self.path.clear();
        self.failure = None;
    }

    /// When the device took the readings, where it said so.
    pub(crate) fn timestamp(&self) -> Option<Timestamp> {
        self.timestamp
    }

    pub(crate) fn readings(&self) -> impl ExactSizeIterator<Item = Reading<'_>> {
        self.leaves.iter().map(|leaf| Reading {
            key: &self.keys[leaf.key.clone()],
            json: &self.json[leaf.json.clone()],
            depth: leaf.depth,
            non_finite: leaf.non_finite,
        })
    }
}

/// Why readings are no datapoints.
#[derive(Debug, thiserror::Error)]
pub enum FlattenError {
    #[error("readings must be an object (a struct or a map), whose leaves are the datapoints")]
    NotAnObject,
    #[error("readings are nested more than {MAX_NESTING} levels deep")]
    TooDeep,
    #[error("the keys of a map must be text, numbers or bools")]
    KeyIsNoText,
    #[error("{0}")]
    Custom(String),
}

impl serde::ser::Error for FlattenError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }
}

impl From<serde_json::Error> for FlattenError {
    fn from(error: serde_json::Error) -> Self {
        Self::custom(error)
    }
}

/// Where in the readings a value stands.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    /// The length of its key.
    path: usize,
    /// How many keys that joins.
    keys: usize,
    /// How many objects and lists are open.
    nesting: usize,
    /// Whether a value can stand here; else there are keys to come, or nothing.
    has_key: bool,
    /// Whether `None` is nothing, not `null`.
    skips_none: bool,
}

#[cfg(test)]
mod tests;
