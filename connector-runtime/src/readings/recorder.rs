//! Recording of the values of readings, key by key.

use serde::Serialize;

use crate::{
    readings::{
        flat::{FlatReadings, FlattenError, MAX_NESTING, Place, SEPARATOR},
        walker::Walker,
    },
    time::Timestamp,
};

/// Collects the values that [`Datapoints::record`](crate::Datapoints::record) records, and keeps the
/// current place in the readings.
///
/// A value that cannot be recorded, such as a map whose keys are not text, is an error of the whole
/// message.
#[derive(Debug)]
pub struct Recorder<'a> {
    flat: &'a mut FlatReadings,
    place: Place,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(flat: &'a mut FlatReadings) -> Self {
        Self { flat, place: Place::default() }
    }

    /// Records a value as serde writes it. Keys of a map or a struct are joined to the current key.
    pub fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        self.serialize_with(|to| value.serialize(to));
    }

    /// Records a value with a function as in `#[serde(serialize_with = ..)]`.
    pub fn serialize_with(
        &mut self,
        write: impl FnOnce(&mut Walker<'_>) -> Result<(), FlattenError>,
    ) {
        let outcome = write(&mut Walker::new(self.flat, self.place));
        if let Err(failure) = outcome {
            self.flat.failure.get_or_insert(failure);
        }
    }

    /// Begins a field with this key.
    pub fn field(&mut self, key: &str) -> Recorder<'_> {
        let Place { path, keys, nesting, .. } = self.place;
        self.flat.path.truncate(path);
        if keys > 0 {
            self.flat.path.push_str(SEPARATOR);
        }
        self.flat.path.push_str(key);
        if nesting == MAX_NESTING {
            self.flat.failure.get_or_insert(FlattenError::TooDeep);
        }
        let (path, keys, nesting) = (self.flat.path.len(), keys + 1, nesting + 1);
        let place = Place { path, keys, nesting, has_key: true, skips_none: true };
        Recorder { flat: self.flat, place }
    }

    /// Records the content of a wrapper, in place of the wrapper itself.
    pub fn inner(&mut self) -> Recorder<'_> {
        Recorder { flat: self.flat, place: Place { skips_none: true, ..self.place } }
    }

    /// Records the keys of another type as keys of this one, as with `#[serde(flatten)]`.
    pub fn among(&mut self) -> Recorder<'_> {
        let place = Place { has_key: false, skips_none: true, ..self.place };
        Recorder { flat: self.flat, place }
    }

    /// Records the content of the field with a function such as `f64::record`.
    #[inline]
    pub fn holds<T: ?Sized>(&mut self, value: &T, record: fn(&T, &mut Recorder<'_>)) {
        // After an error the message is lost, and content may be nested too deeply.
        if self.flat.failure.is_none() {
            record(value, self);
        }
    }

    /// Like [`holds`](Self::holds), but records `None` as `null`.
    pub fn or_null<T>(&mut self, value: &Option<T>, record: fn(&T, &mut Recorder<'_>)) {
        match value {
            Some(value) => self.holds(value, record),
            None => self.value(&()),
        }
    }

    /// Whether this is the outermost type, without a key.
    pub(crate) fn is_outermost(&self) -> bool {
        self.place.keys == 0
    }

    /// Sets the time at which the device took the readings.
    pub(crate) fn stamp(&mut self, timestamp: Option<Timestamp>) {
        self.flat.timestamp = timestamp;
    }
}
