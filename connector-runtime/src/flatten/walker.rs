//! What serde calls: values become JSON text, objects lengthen the path.

use std::io;

use serde::{Serialize, Serializer};
use serde_json::ser::{CharEscape, Formatter};

use super::{FlatReadings, FlattenError, Leaf, Place, compound::Compound};
use crate::timestamped::TIMESTAMPED;

/// Walks through readings as serde does.
#[derive(Debug)]
pub struct Walker<'a> {
    pub(super) flat: &'a mut FlatReadings,
    pub(super) place: Place,
    /// Within a list everything is part of one value.
    pub(super) in_list: bool,
    non_finite: bool,
}

impl<'a> Walker<'a> {
    pub(super) fn new(flat: &'a mut FlatReadings, place: Place) -> Self {
        flat.path.truncate(place.path);
        Self { flat, place, in_list: false, non_finite: false }
    }

    /// Writes a value that is no object and no list.
    pub(super) fn scalar<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FlattenError> {
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
    pub(super) fn end_value(&mut self, start: usize) -> Result<(), FlattenError> {
        if self.in_list {
            return Ok(());
        }
        if !self.place.has_key {
            return Err(FlattenError::NotAnObject);
        }
        let key = self.flat.keys.len();
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

    /// An absent value is `null`; absent readings are no datapoints.
    fn nothing(&mut self) -> Result<(), FlattenError> {
        if self.place.has_key { self.scalar(&()) } else { Ok(()) }
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
        if self.place.skips_none && !self.in_list { Ok(()) } else { self.nothing() }
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
            TIMESTAMPED if self.place.keys == 0 => Compound::timestamped(self),
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
