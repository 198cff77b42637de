//! The state of the serializer, which writes keys and JSON text.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter};

use crate::readings::flat::{FlatReadings, FlattenError, Leaf, MAX_KEYS, Place};

/// The serializer of readings; see [`Recorder::serialize_with`](super::Recorder::serialize_with).
#[derive(Debug)]
pub struct Walker<'a> {
    pub(super) flat: &'a mut FlatReadings,
    pub(super) place: Place,
    /// Whether this is within a list, where everything is part of one value.
    pub(super) in_list: bool,
    pub(super) non_finite: bool,
}

impl<'a> Walker<'a> {
    pub(super) fn new(flat: &'a mut FlatReadings, place: Place) -> Self {
        flat.path.truncate(place.path);
        Self { flat, place, in_list: false, non_finite: false }
    }

    /// Writes a value that is neither an object nor a list.
    pub(super) fn scalar<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FlattenError> {
        let start = self.flat.json.len();
        let writer = &mut self.flat.json;
        value.serialize(&mut serde_json::Serializer::with_formatter(writer, WithoutNul))?;
        self.end_value(start)
    }

    pub(super) fn float(
        &mut self,
        finite: bool,
        value: impl Serialize,
    ) -> Result<(), FlattenError> {
        self.non_finite |= !finite;
        self.scalar(&value)
    }

    /// Ends the value of a datapoint, which was written from `start` on, unless it is part of a list.
    pub(super) fn end_value(&mut self, start: usize) -> Result<(), FlattenError> {
        if self.in_list {
            return Ok(());
        }
        if !self.place.has_key {
            return Err(FlattenError::NotAnObject);
        }
        let key = self.flat.keys.len();
        if key + self.flat.path.len() > MAX_KEYS {
            return Err(FlattenError::TooLarge);
        }
        self.flat.keys.push_str(&self.flat.path);
        self.flat.leaves.push(Leaf {
            key: key..self.flat.keys.len(),
            json: start..self.flat.json.len(),
            depth: self.place.keys,
            non_finite: std::mem::take(&mut self.non_finite),
        });
        Ok(())
    }

    pub(super) fn write(&mut self, json: &str) {
        self.flat.json.extend_from_slice(json.as_bytes());
    }

    /// Writes an absent value as `null`. Absent readings have no datapoints.
    pub(super) fn nothing(&mut self) -> Result<(), FlattenError> {
        if self.place.has_key { self.scalar(&()) } else { Ok(()) }
    }
}

/// Compact JSON without NUL characters, which `PostgreSQL` cannot store.
struct WithoutNul;

impl Formatter for WithoutNul {
    fn write_char_escape<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::AsciiControl(0) => Ok(()),
            escape => serde_json::ser::CompactFormatter.write_char_escape(writer, escape),
        }
    }
}
