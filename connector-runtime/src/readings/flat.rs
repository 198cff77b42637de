//! Flat readings: `{"room": {"temperature": 21.5}}` becomes the key `room__temperature` with the value
//! `21.5`.
//!
//! Readings are serialized once, directly to keys and JSON text, without an intermediate tree. Objects
//! are nested keys; lists, text, numbers, bools and null are values. Content that JSON or the databases
//! behind the bus cannot represent is replaced: NaN and infinities by `null`, and NUL characters are
//! removed.

use std::ops::Range;

use serde::ser::Error as _;

use crate::time::Timestamp;

/// The maximum depth of nesting, the same as in `serde_json`.
pub(super) const MAX_NESTING: usize = 128;

/// The maximum number of bytes of all keys of a message: each contains the keys of the objects around it.
pub(super) const MAX_KEYS: usize = 8 << 20;

/// The maximum size of JSON text times the depth of its nesting, as each level is copied.
pub(super) const MAX_NESTED: usize = 32 << 20;

/// Buffers are kept for the next message up to this number of bytes.
const SPARE: usize = 256 << 10;

/// Joins the keys of nested objects.
pub(crate) const SEPARATOR: &str = "__";

/// The datapoints of one message, each with its key and its value.
///
/// [`Connector::flatten`](crate::Connector::flatten) fills it. In a test, it shows the datapoints of a
/// message:
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
// The buffers are reused for the next message.
#[derive(Debug, Default)]
pub struct FlatReadings {
    pub(super) keys: String,
    pub(super) json: Vec<u8>,
    pub(super) leaves: Vec<Leaf>,
    pub(super) timestamp: Option<Timestamp>,
    /// The key that is being written.
    pub(super) path: String,
    /// The error of the recording, if it failed.
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
    /// The number of keys that were joined.
    pub(crate) depth: usize,
    /// Whether NaN or an infinity was replaced by `null`.
    pub(crate) non_finite: bool,
}

impl FlatReadings {
    /// Returns the key and the value of each datapoint. The value is JSON text.
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

    /// Releases the memory that an unusually large message took.
    pub(crate) fn release_spare(&mut self) {
        self.clear();
        self.keys.shrink_to(SPARE);
        self.json.shrink_to(SPARE);
        self.leaves.shrink_to(SPARE / size_of::<Leaf>());
    }

    /// The time at which the device took the readings, if it is known.
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

/// Why readings cannot be converted to datapoints.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FlattenError {
    /// The readings are a single value or a list.
    #[error("readings must be an object (a struct or a map), whose leaves are the datapoints")]
    NotAnObject,
    /// The readings are nested too deeply.
    #[error("readings are nested more than {MAX_NESTING} levels deep")]
    TooDeep,
    /// The keys of the datapoints together are too long, or JSON text is too large for its depth.
    #[error(
        "the readings are too large: at most {} MiB of keys, and {} MiB of JSON text times its depth",
        MAX_KEYS >> 20,
        MAX_NESTED >> 20
    )]
    TooLarge,
    /// A map has keys that are not text, numbers or bools.
    #[error("the keys of a map must be text, numbers or bools")]
    KeyIsNoText,
    /// The `Serialize` implementation of the readings failed.
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

/// The place of a value in the readings.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    /// The length of its key in bytes.
    pub(super) path: usize,
    /// The number of keys that are joined in it.
    pub(super) keys: usize,
    /// The number of open objects and lists.
    pub(super) nesting: usize,
    /// Whether a value is allowed here; otherwise, only further keys are.
    pub(super) has_key: bool,
    /// Whether `None` is omitted instead of written as `null`.
    pub(super) skips_none: bool,
}
