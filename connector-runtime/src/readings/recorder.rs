//! Values from readings that hand them over themselves, key by key.

use serde::Serialize;

use crate::{
    readings::{
        flat::{FlatReadings, FlattenError, MAX_NESTING, Place, SEPARATOR},
        walker::Walker,
    },
    time::Timestamp,
};

/// Takes down the values that [`Datapoints`](crate::Datapoints) hand over; knows where in the
/// readings it is.
///
/// What cannot be recorded, keys that are no text for example, makes an error of the whole message.
#[derive(Debug)]
pub struct Recorder<'a> {
    flat: &'a mut FlatReadings,
    place: Place,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(flat: &'a mut FlatReadings) -> Self {
        Self { flat, place: Place::default() }
    }

    /// Here is a value, or what serde makes of it: the keys of maps are joined to the path.
    pub fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        self.serialize_with(|to| value.serialize(to));
    }

    /// The same, by a function that `#[serde(serialize_with = ..)]` could name.
    pub fn serialize_with(
        &mut self,
        write: impl FnOnce(&mut Walker<'_>) -> Result<(), FlattenError>,
    ) {
        let outcome = write(&mut Walker::new(self.flat, self.place));
        if let Err(failure) = outcome {
            self.flat.failure.get_or_insert(failure);
        }
    }

    /// Here is an object with this key, among others.
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

    /// Here is what another type records, in its place.
    pub fn inner(&mut self) -> Recorder<'_> {
        Recorder { flat: self.flat, place: Place { skips_none: true, ..self.place } }
    }

    /// Here are the keys of another type, among others.
    pub fn among(&mut self) -> Recorder<'_> {
        let place = Place { has_key: false, skips_none: true, ..self.place };
        Recorder { flat: self.flat, place }
    }

    /// What records the value here: `f64::record`, for example.
    #[inline]
    pub fn holds<T: ?Sized>(&mut self, value: &T, record: fn(&T, &mut Recorder<'_>)) {
        // Of a message that is lost nothing more is needed, least of all what is nested too deep.
        if self.flat.failure.is_none() {
            record(value, self);
        }
    }

    /// The same for a value whose absence is told: it is `null`.
    pub fn or_null<T>(&mut self, value: &Option<T>, record: fn(&T, &mut Recorder<'_>)) {
        match value {
            Some(value) => self.holds(value, record),
            None => self.value(&()),
        }
    }

    /// Whether there is no key yet.
    pub(crate) fn is_outermost(&self) -> bool {
        self.place.keys == 0
    }

    /// When the device took the readings.
    pub(crate) fn stamp(&mut self, timestamp: Option<Timestamp>) {
        self.flat.timestamp = timestamp;
    }
}
