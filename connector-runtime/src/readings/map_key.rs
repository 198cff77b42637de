//! Keys of maps: text, numbers and bools, written as in JSON.

use serde::ser::{Impossible, Serialize, Serializer};

use crate::readings::flat::FlattenError;

/// Appends a key to a path.
pub(super) struct KeyWriter<'a>(pub(super) &'a mut String);

impl KeyWriter<'_> {
    fn write(self, key: impl std::fmt::Display) -> Result<(), FlattenError> {
        use std::fmt::Write;
        write!(self.0, "{key}").map_err(serde::ser::Error::custom)
    }
}

macro_rules! write_numbers {
    ($($method:ident($number:ty))*) => {$(
        fn $method(self, v: $number) -> Result<(), FlattenError> {
            self.write(v)
        }
    )*};
}

impl Serializer for KeyWriter<'_> {
    type Ok = ();
    type Error = FlattenError;
    type SerializeSeq = Impossible<(), FlattenError>;
    type SerializeTuple = Impossible<(), FlattenError>;
    type SerializeTupleStruct = Impossible<(), FlattenError>;
    type SerializeTupleVariant = Impossible<(), FlattenError>;
    type SerializeMap = Impossible<(), FlattenError>;
    type SerializeStruct = Impossible<(), FlattenError>;
    type SerializeStructVariant = Impossible<(), FlattenError>;

    write_numbers! {
        serialize_bool(bool)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
        serialize_u128(u128)
        serialize_f32(f32) serialize_f64(f64)
        serialize_char(char)
    }

    fn serialize_str(self, v: &str) -> Result<(), FlattenError> {
        // The databases behind the bus cannot store NUL.
        if v.contains('\0') {
            self.0.extend(v.chars().filter(|&c| c != '\0'));
        } else {
            self.0.push_str(v);
        }
        Ok(())
    }

    fn serialize_bytes(self, _v: &[u8]) -> Result<(), FlattenError> {
        Err(FlattenError::KeyIsNoText)
    }

    fn serialize_none(self) -> Result<(), FlattenError> {
        Err(FlattenError::KeyIsNoText)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), FlattenError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), FlattenError> {
        Err(FlattenError::KeyIsNoText)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), FlattenError> {
        self.serialize_str(name)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), FlattenError> {
        self.serialize_str(variant)
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
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), FlattenError> {
        Err(FlattenError::KeyIsNoText)
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Self::SerializeSeq, FlattenError> {
        Err(FlattenError::KeyIsNoText)
    }

    fn serialize_tuple(self, _len: usize) -> Result<Self::SerializeTuple, FlattenError> {
        Err(FlattenError::KeyIsNoText)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleStruct, FlattenError> {
        Err(FlattenError::KeyIsNoText)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant, FlattenError> {
        Err(FlattenError::KeyIsNoText)
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Self::SerializeMap, FlattenError> {
        Err(FlattenError::KeyIsNoText)
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStruct, FlattenError> {
        Err(FlattenError::KeyIsNoText)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStructVariant, FlattenError> {
        Err(FlattenError::KeyIsNoText)
    }
}
