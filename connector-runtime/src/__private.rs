//! Functions for generated code. Not part of the public API.

use std::{
    marker::PhantomData,
    ops::{Deref, RangeInclusive},
};

pub use serde::Serialize;

pub use crate::readings::{Held, Key, Keys, apart};
use crate::{
    datapoint::{Actuator, Bound, Command, Sensor},
    error::{Error, Result},
    readings::{Datapoints, FlatReadings},
};

/// Converts the result of a method with `#[connect]`.
pub fn opened<T, E: Into<Error>>(outcome: Result<T, E>) -> Result<T> {
    outcome.map_err(Into::into)
}

/// Converts the result of a method with `#[receive]` or `#[parse]`.
pub fn message<T, E: Into<Error>>(outcome: Result<T, E>) -> Result<Option<T>> {
    outcome.map(Some).map_err(Into::into)
}

/// Converts the result of a method with `#[receive]` or `#[parse]` that returns an `Option`.
pub fn optional<T, E: Into<Error>>(outcome: Result<Option<T>, E>) -> Result<Option<T>> {
    outcome.map_err(Into::into)
}

/// Converts the result of a method with `#[send]`.
pub fn sent<E: Into<Error>>(outcome: Result<(), E>) -> Result<()> {
    outcome.map_err(Into::into)
}

/// Returns the command's timestamp in the type of the method's parameter.
#[must_use]
pub fn timestamp<T: From<crate::time::Timestamp>>(command: &Command) -> T {
    command.timestamp().into()
}

/// The actuators of a connector, some of which are known only at run time.
#[derive(Debug, Default)]
pub struct Actuators {
    listed: Vec<Actuator>,
    /// The prefix and suffix that the keys of each family have in common.
    families: Vec<(String, String)>,
}

impl Actuators {
    /// Creates an empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an actuator.
    #[must_use]
    pub fn one(mut self, actuator: Actuator) -> Self {
        self.listed.push(actuator);
        self
    }

    /// Adds several actuators, given as such or by their keys.
    #[must_use]
    pub fn each(
        mut self,
        each: impl IntoIterator<Item: Into<Actuator>>,
        describe: impl Fn(Actuator) -> Actuator,
    ) -> Self {
        self.listed.extend(each.into_iter().map(Into::into).map(describe));
        self
    }

    /// Adds the actuators that no other method handles. A key that could belong to a family is omitted,
    /// because its commands would be sent to the method of that family.
    #[must_use]
    pub fn others(
        self,
        each: impl IntoIterator<Item: Into<Actuator>>,
        describe: impl Fn(Actuator) -> Actuator,
    ) -> Self {
        let families = self.families.clone();
        let is_free = |actuator: &Actuator| {
            let key = &*actuator.key;
            let family =
                families.iter().find(|(prefix, suffix)| between(prefix, key, suffix).is_some());
            if let Some((prefix, suffix)) = family {
                tracing::error!(
                    "omitted the actuator `{key}`, because its key matches `{prefix}{{..}}{suffix}`: choose another key"
                );
            }
            family.is_none()
        };
        let each: Vec<_> = each.into_iter().map(Into::into).filter(is_free).collect();
        self.each(each, describe)
    }

    /// Adds a family of actuators, whose keys differ only between a prefix and a suffix.
    #[must_use]
    pub fn family(
        mut self,
        prefix: &str,
        each: impl IntoIterator<Item: AsRef<str>>,
        suffix: &str,
        describe: impl Fn(Actuator) -> Actuator,
    ) -> Self {
        self.families.push((prefix.to_owned(), suffix.to_owned()));
        let key = |part: &str| format!("{prefix}{part}{suffix}");
        self.each(each.into_iter().map(|part| key(part.as_ref())), describe)
    }

    /// Returns all actuators.
    #[must_use]
    pub fn list(self) -> Vec<Actuator> {
        self.listed
    }
}

/// Returns the part between prefix and suffix if this is the key of such an actuator.
#[must_use]
pub fn between<'a>(prefix: &str, key: &'a str, suffix: &str) -> Option<&'a str> {
    let part = key.strip_prefix(prefix)?.strip_suffix(suffix)?;
    (!part.is_empty()).then_some(part)
}

/// Returns a range for values of the type `T`, which must be a number.
#[must_use]
pub fn numbers<T: Bound, N: Bound>(range: RangeInclusive<N>) -> RangeInclusive<N> {
    range
}

/// Calls methods of a type of readings, whether or not it implements [`Datapoints`].
///
/// `Readings::<T>::NEW.sensors()` is the method of this type if `T` implements [`Datapoints`], and
/// otherwise that of [`Undeclared`], to which it dereferences. The same applies to `flatten`.
#[derive(Debug)]
pub struct Readings<T>(PhantomData<T>);

impl<T> Readings<T> {
    /// The only value.
    pub const NEW: Self = Self(PhantomData);
}

impl<T: Datapoints> Readings<T> {
    /// The sensors that the type declares.
    #[must_use]
    pub fn sensors(&self) -> Vec<Sensor> {
        T::sensors()
    }

    /// Writes the values that the readings record.
    pub fn flatten(&self, readings: &T, to: &mut FlatReadings) -> Result<()> {
        to.record(readings)
    }
}

impl<T> Deref for Readings<T> {
    type Target = Undeclared;

    fn deref(&self) -> &Undeclared {
        &Undeclared
    }
}

/// Readings that do not declare their sensors, and are serialized by serde.
#[derive(Debug)]
pub struct Undeclared;

impl Undeclared {
    /// Returns no sensors, because they are discovered in the messages.
    #[must_use]
    pub const fn sensors(&self) -> Vec<Sensor> {
        Vec::new()
    }

    /// Writes the values as serde serializes them.
    pub fn flatten<T: Serialize>(&self, readings: &T, to: &mut FlatReadings) -> Result<()> {
        to.serialize(readings)
    }
}
