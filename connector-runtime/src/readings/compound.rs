//! Serialization of objects, which lengthen the path, and lists, which are values.

use serde::{Serialize, ser};

use crate::{
    readings::{
        flat::{FlattenError, MAX_NESTING, Place, SEPARATOR},
        json_text,
        map_key::KeyWriter,
        walker::Walker,
    },
    time::Timestamp,
};

/// An object or list that is being serialized.
pub struct Compound<'w, 'a> {
    walker: &'w mut Walker<'a>,
    kind: Kind,
    /// Its place, at which its keys are appended to the path.
    place: Place,
    is_first: bool,
    closing: &'static str,
}

enum Kind {
    /// An object whose keys are appended to the path.
    Object,
    /// An object within a list, which is part of the value.
    ObjectInList,
    /// A list that is the value of a datapoint, which begins at `start`.
    List { start: usize },
    /// A list within a list.
    ListInList,
    /// [`Timestamped`](crate::Timestamped).
    Timestamped,
    /// JSON text of a type of `serde_json`: a `RawValue`, or a number of arbitrary precision.
    JsonText,
}

impl Kind {
    /// The number of levels that its content is deeper. JSON text counts its own levels.
    fn levels(&self) -> usize {
        usize::from(!matches!(self, Self::JsonText))
    }
}

impl<'w, 'a> Compound<'w, 'a> {
    fn open(
        walker: &'w mut Walker<'a>,
        kind: Kind,
        closing: &'static str,
    ) -> Result<Self, FlattenError> {
        walker.place.nesting += kind.levels();
        if walker.place.nesting > MAX_NESTING {
            return Err(FlattenError::TooDeep);
        }
        let place = Place { path: walker.flat.path.len(), ..walker.place };
        Ok(Self { walker, kind, place, is_first: true, closing })
    }

    pub(super) fn object(walker: &'w mut Walker<'a>) -> Result<Self, FlattenError> {
        if !walker.in_list {
            return Self::open(walker, Kind::Object, "");
        }
        walker.write("{");
        Self::open(walker, Kind::ObjectInList, "}")
    }

    pub(super) fn list(walker: &'w mut Walker<'a>) -> Result<Self, FlattenError> {
        let start = walker.flat.json.len();
        walker.write("[");
        let is_nested = std::mem::replace(&mut walker.in_list, true);
        let kind = if is_nested { Kind::ListInList } else { Kind::List { start } };
        Self::open(walker, kind, "]")
    }

    pub(super) fn timestamped(walker: &'w mut Walker<'a>) -> Result<Self, FlattenError> {
        Self::open(walker, Kind::Timestamped, "")
    }

    pub(super) fn json_text(walker: &'w mut Walker<'a>) -> Result<Self, FlattenError> {
        Self::open(walker, Kind::JsonText, "")
    }

    /// Opens the object of an enum variant, `{"variant": content}`, and writes it up to the content.
    pub(super) fn variant(
        walker: &'w mut Walker<'a>,
        variant: &'static str,
    ) -> Result<(&'w mut Walker<'a>, &'static str), FlattenError> {
        let mut object = Self::object(walker)?;
        object.key(variant)?;
        object.walker.place.nesting -= 1;
        Ok((object.walker, object.closing))
    }

    /// Closes the object of a variant together with its content.
    pub(super) fn closing_also(mut self, outer: &'static str) -> Self {
        self.closing = match (self.closing, outer) {
            ("]", "}") => "]}",
            ("}", "}") => "}}",
            (inner, _) => inner,
        };
        self
    }

    /// Begins an entry of an object.
    fn key<K: Serialize + ?Sized>(&mut self, key: &K) -> Result<(), FlattenError> {
        if let Kind::ObjectInList = self.kind {
            self.comma();
            let mut text = String::new();
            key.serialize(KeyWriter(&mut text))?;
            self.walker.scalar(&text)?;
            self.walker.write(":");
            return Ok(());
        }
        let path = &mut self.walker.flat.path;
        path.truncate(self.place.path);
        if self.place.keys > 0 {
            path.push_str(SEPARATOR);
        }
        self.walker.place.keys = self.place.keys + 1;
        self.walker.place.has_key = true;
        key.serialize(KeyWriter(path))
    }

    pub(super) fn entry<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), FlattenError> {
        match (&self.kind, key) {
            (Kind::Timestamped, "timestamp") => self.stamp(value),
            (Kind::Timestamped, _) => value.serialize(&mut *self.walker),
            (Kind::JsonText, _) => {
                let text = serde_json::to_value(value)?;
                json_text::walk(self.walker, text.as_str().unwrap_or_default())
            }
            _ => {
                self.key(key)?;
                value.serialize(&mut *self.walker)
            }
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FlattenError> {
        if !self.place.has_key {
            return Err(FlattenError::NotAnObject);
        }
        self.comma();
        value.serialize(&mut *self.walker)
    }

    fn stamp<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FlattenError> {
        let millis = serde_json::to_value(value)?.as_i64();
        self.walker.flat.timestamp = millis.map(Timestamp::from_millis);
        Ok(())
    }

    fn comma(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            self.walker.write(",");
        }
    }

    pub(super) fn close(self) -> Result<(), FlattenError> {
        self.walker.write(self.closing);
        self.walker.place.nesting -= self.kind.levels();
        let Kind::List { start } = self.kind else { return Ok(()) };
        self.walker.in_list = false;
        if self.place.has_key { self.walker.end_value(start) } else { Ok(()) }
    }
}

macro_rules! serialize_list {
    ($($trait:ident::$method:ident)*) => {$(
        impl ser::$trait for Compound<'_, '_> {
            type Ok = ();
            type Error = FlattenError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FlattenError> {
                self.element(value)
            }

            fn end(self) -> Result<(), FlattenError> {
                self.close()
            }
        }
    )*};
}

serialize_list! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! serialize_struct {
    ($($trait:ident)*) => {$(
        impl ser::$trait for Compound<'_, '_> {
            type Ok = ();
            type Error = FlattenError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), FlattenError> {
                self.entry(key, value)
            }

            fn end(self) -> Result<(), FlattenError> {
                self.close()
            }
        }
    )*};
}

serialize_struct! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = FlattenError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), FlattenError> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FlattenError> {
        value.serialize(&mut *self.walker)
    }

    fn end(self) -> Result<(), FlattenError> {
        self.close()
    }
}
