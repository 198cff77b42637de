//! From nested readings to datapoints: `{"room": {"temperature": 21.5}}` becomes
//! `room__temperature` with the value `21.5`.
//!
//! Readings are walked once, straight from [`Serialize`] into key and JSON text; there is no tree
//! in between. Objects nest keys; lists, text, numbers, bools and null are values. What JSON or the
//! data bases behind the bus cannot hold is replaced: NaN and infinities become `null`, NUL
//! characters are left out.

use std::ops::Range;

use serde::ser::Error as _;

use crate::time::Timestamp;

/// Nesting beyond this is an error; `serde_json` draws the line at the same depth.
pub(super) const MAX_NESTING: usize = 128;

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
    pub(super) keys: String,
    pub(super) json: Vec<u8>,
    pub(super) leaves: Vec<Leaf>,
    pub(super) timestamp: Option<Timestamp>,
    /// The key of what is being written.
    pub(super) path: String,
    /// Why what was recorded is no datapoints.
    pub(super) failure: Option<FlattenError>,
}

#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) key: Range<usize>,
    pub(super) json: Range<usize>,
    pub(super) depth: usize,
    pub(super) non_finite: bool,
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
    /// The key and the value, as JSON text, of each datapoint.
    #[must_use]
    pub fn values(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.readings()
            .map(|reading| (reading.key, str::from_utf8(reading.json).unwrap_or_default()))
    }

    pub(super) fn clear(&mut self) {
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
    /// The readings are a bare value or a list.
    #[error("readings must be an object (a struct or a map), whose leaves are the datapoints")]
    NotAnObject,
    /// The readings are nested too deeply.
    #[error("readings are nested more than {MAX_NESTING} levels deep")]
    TooDeep,
    /// A map has keys of another kind.
    #[error("the keys of a map must be text, numbers or bools")]
    KeyIsNoText,
    /// The `Serialize` of the readings failed.
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
    pub(super) path: usize,
    /// How many keys that joins.
    pub(super) keys: usize,
    /// How many objects and lists are open.
    pub(super) nesting: usize,
    /// Whether a value can stand here; else there are keys to come, or nothing.
    pub(super) has_key: bool,
    /// Whether `None` is nothing, not `null`.
    pub(super) skips_none: bool,
}
