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

use std::{io, ops::Range};

use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::ser::{CharEscape, Formatter};

use self::compound::Compound;
use crate::{Timestamp, stamped::STAMPED};

/// Nesting beyond this is an error; `serde_json` draws the line at the same depth.
const MAX_NESTING: usize = 128;

/// What joins the keys of nested objects.
pub(crate) const SEPARATOR: &str = "__";

/// The datapoints of one message; its buffers are used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Flat {
    keys: String,
    json: Vec<u8>,
    leaves: Vec<Leaf>,
    timestamp: Option<Timestamp>,
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

impl Flat {
    /// The datapoints of one message, in its order.
    #[cfg(test)]
    pub(crate) fn of(readings: &impl Serialize) -> Result<Self, FlattenError> {
        let mut flat = Self::default();
        flat.fill(readings)?;
        Ok(flat)
    }

    /// Replaces the content by the datapoints of another message.
    pub(crate) fn fill(&mut self, readings: &impl Serialize) -> Result<(), FlattenError> {
        self.keys.clear();
        self.json.clear();
        self.leaves.clear();
        self.timestamp = None;
        readings.serialize(&mut Walker {
            flat: self,
            path: String::new(),
            keys: 0,
            nesting: 0,
            in_list: false,
            non_finite: false,
        })
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
pub(crate) enum FlattenError {
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

/// Walks through readings; knows where in them it is.
struct Walker<'a> {
    flat: &'a mut Flat,
    path: String,
    /// How many keys the path joins.
    keys: usize,
    /// How many objects and lists are open.
    nesting: usize,
    /// Within a list everything is part of one value.
    in_list: bool,
    non_finite: bool,
}

impl Walker<'_> {
    /// Writes a value that is no object and no list.
    fn scalar<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FlattenError> {
        let start = self.flat.json.len();
        let writer = &mut self.flat.json;
        value.serialize(&mut serde_json::Serializer::with_formatter(writer, WithoutNul))?;
        self.end_value(start)
    }

    fn float(&mut self, finite: bool, value: impl Serialize) -> Result<(), FlattenError> {
        self.non_finite |= !finite;
        self.scalar(&value)
    }

    /// What was written since `start` is a datapoint's value, unless it is part of a list.
    fn end_value(&mut self, start: usize) -> Result<(), FlattenError> {
        if self.in_list {
            return Ok(());
        }
        if self.keys == 0 {
            return Err(FlattenError::NotAnObject);
        }
        let key = self.flat.keys.len();
        self.flat.keys.push_str(&self.path);
        self.flat.leaves.push(Leaf {
            key: key..self.flat.keys.len(),
            json: start..self.flat.json.len(),
            depth: self.keys,
            non_finite: std::mem::take(&mut self.non_finite),
        });
        Ok(())
    }

    fn write(&mut self, json: &str) {
        self.flat.json.extend_from_slice(json.as_bytes());
    }

    /// An absent value is `null`; absent readings are no datapoints.
    fn nothing(&mut self) -> Result<(), FlattenError> {
        if self.keys == 0 { Ok(()) } else { self.scalar(&()) }
    }
}

impl<'w, 'a> Serializer for &'w mut Walker<'a> {
    type Ok = ();
    type Error = FlattenError;
    type SerializeSeq = Compound<'w, 'a>;
    type SerializeTuple = Compound<'w, 'a>;
    type SerializeTupleStruct = Compound<'w, 'a>;
    type SerializeTupleVariant = Compound<'w, 'a>;
    type SerializeMap = Compound<'w, 'a>;
    type SerializeStruct = Compound<'w, 'a>;
    type SerializeStructVariant = Compound<'w, 'a>;

    fn serialize_bool(self, v: bool) -> Result<(), FlattenError> {
        self.scalar(&v)
    }

    fn serialize_i8(self, v: i8) -> Result<(), FlattenError> {
        self.scalar(&v)
    }

    fn serialize_i16(self, v: i16) -> Result<(), FlattenError> {
        self.scalar(&v)
    }

    fn serialize_i32(self, v: i32) -> Result<(), FlattenError> {
        self.scalar(&v)
    }

    fn serialize_i64(self, v: i64) -> Result<(), FlattenError> {
        self.scalar(&v)
    }

    fn serialize_i128(self, v: i128) -> Result<(), FlattenError> {
        self.scalar(&v)
    }

    fn serialize_u8(self, v: u8) -> Result<(), FlattenError> {
        self.scalar(&v)
    }

    fn serialize_u16(self, v: u16) -> Result<(), FlattenError> {
        self.scalar(&v)
    }

    fn serialize_u32(self, v: u32) -> Result<(), FlattenError> {
        self.scalar(&v)
    }

    fn serialize_u64(self, v: u64) -> Result<(), FlattenError> {
        self.scalar(&v)
    }

    fn serialize_u128(self, v: u128) -> Result<(), FlattenError> {
        self.scalar(&v)
    }

    fn serialize_f32(self, v: f32) -> Result<(), FlattenError> {
        self.float(v.is_finite(), v)
    }

    fn serialize_f64(self, v: f64) -> Result<(), FlattenError> {
        self.float(v.is_finite(), v)
    }

    fn serialize_char(self, v: char) -> Result<(), FlattenError> {
        self.scalar(&v)
    }

    fn serialize_str(self, v: &str) -> Result<(), FlattenError> {
        self.scalar(v)
    }

    /// Bytes are text where they are UTF-8, and otherwise base64, as in a raw message.
    fn serialize_bytes(self, v: &[u8]) -> Result<(), FlattenError> {
        self.scalar(&*crate::raw::text_or_base64(v))
    }

    fn serialize_none(self) -> Result<(), FlattenError> {
        self.nothing()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), FlattenError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), FlattenError> {
        self.nothing()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), FlattenError> {
        self.nothing()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), FlattenError> {
        self.scalar(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), FlattenError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), FlattenError> {
        let mut object = Compound::object(self)?;
        object.entry(variant, value)?;
        object.close()
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Compound<'w, 'a>, FlattenError> {
        Compound::list(self)
    }

    fn serialize_tuple(self, _len: usize) -> Result<Compound<'w, 'a>, FlattenError> {
        Compound::list(self)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Compound<'w, 'a>, FlattenError> {
        Compound::list(self)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Compound<'w, 'a>, FlattenError> {
        let (walker, closing) = Compound::variant(self, variant)?;
        Ok(Compound::list(walker)?.closing_also(closing))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Compound<'w, 'a>, FlattenError> {
        Compound::object(self)
    }

    fn serialize_struct(
        self,
        name: &'static str,
        _len: usize,
    ) -> Result<Compound<'w, 'a>, FlattenError> {
        match name {
            STAMPED if self.keys == 0 => Compound::stamped(self),
            name if name.starts_with("$serde_json::private::") => Compound::json_text(self),
            _ => Compound::object(self),
        }
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Compound<'w, 'a>, FlattenError> {
        let (walker, closing) = Compound::variant(self, variant)?;
        Ok(Compound::object(walker)?.closing_also(closing))
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

#[cfg(test)]
mod tests;
