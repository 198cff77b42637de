//! The `Serializer` that converts readings to datapoints.

use serde::{Serialize, Serializer};

use crate::{
    error::Result as Outcome,
    readings::{
        compound::Compound,
        flat::{FlatReadings, FlattenError, Place},
        timestamped::TIMESTAMPED,
        walker::Walker,
    },
};

impl FlatReadings {
    /// Returns the datapoints of one message, in its order.
    #[cfg(test)]
    pub(crate) fn of(readings: &impl Serialize) -> Result<Self, FlattenError> {
        let mut flat = Self::default();
        flat.fill(readings)?;
        Ok(flat)
    }

    /// Replaces the content by readings as serde writes them. `None` becomes `null`.
    ///
    /// # Errors
    ///
    /// Fails with a [`FlattenError`] if the readings have no form as datapoints.
    pub fn serialize<T: Serialize + ?Sized>(&mut self, readings: &T) -> Outcome<()> {
        Ok(self.fill(readings)?)
    }

    fn fill<T: Serialize + ?Sized>(&mut self, readings: &T) -> Result<(), FlattenError> {
        self.clear();
        readings.serialize(&mut Walker::new(self, Place::default()))
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

    /// Writes bytes as text if they are valid UTF-8, and otherwise as base64.
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
