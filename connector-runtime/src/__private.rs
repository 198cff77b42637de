//! What generated code calls; not for use by hand.

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

/// What a method with `#[connect]` may return.
pub fn opened<T, E: Into<Error>>(outcome: Result<T, E>) -> Result<T> {
    outcome.map_err(Into::into)
}

/// What a method with `#[receive]` or `#[parse]` may return in the place of a message.
pub fn message<T, E: Into<Error>>(outcome: Result<T, E>) -> Result<Option<T>> {
    outcome.map(Some).map_err(Into::into)
}

/// The same for a method that may have nothing to say.
pub fn optional<T, E: Into<Error>>(outcome: Result<Option<T>, E>) -> Result<Option<T>> {
    outcome.map_err(Into::into)
}

/// What a method with `#[send]` may return.
pub fn sent<E: Into<Error>>(outcome: Result<(), E>) -> Result<()> {
    outcome.map_err(Into::into)
}

/// The command's timestamp as the type that the method takes.
#[must_use]
pub fn timestamp<T: From<crate::time::Timestamp>>(command: &Command) -> T {
    command.timestamp().into()
}

/// The actuators of a connector that are not all known when it is compiled.
#[derive(Debug, Default)]
pub struct Actuators {
    listed: Vec<Actuator>,
    /// What is before and after the part in which the keys of a family differ.
    families: Vec<(String, String)>,
}

impl Actuators {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An actuator.
    #[must_use]
    pub fn one(mut self, actuator: Actuator) -> Self {
        self.listed.push(actuator);
        self
    }

    /// Actuators, or the keys of actuators.
    #[must_use]
    pub fn each(
        mut self,
        each: impl IntoIterator<Item: Into<Actuator>>,
        describe: impl Fn(Actuator) -> Actuator,
    ) -> Self {
        self.listed.extend(each.into_iter().map(Into::into).map(describe));
        self
    }

    /// All that no other method serves. A key that could be one of a family would go to the method of
    /// that, so it is left out.
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
                    "the actuator `{key}` is left out, as it could be one of `{prefix}{{..}}{suffix}`: give it another key"
                );
            }
            family.is_none()
        };
        let each: Vec<_> = each.into_iter().map(Into::into).filter(is_free).collect();
        self.each(each, describe)
    }

    /// Actuators whose keys differ in what is between a prefix and a suffix.
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

    /// All of them.
    #[must_use]
    pub fn list(self) -> Vec<Actuator> {
        self.listed
    }
}

/// What is between the prefix and the suffix, if this is the key of such an actuator.
#[must_use]
pub fn between<'a>(prefix: &str, key: &'a str, suffix: &str) -> Option<&'a str> {
    let part = key.strip_prefix(prefix)?.strip_suffix(suffix)?;
    (!part.is_empty()).then_some(part)
}

/// A range for values of the type `T`, which is to be a number.
#[must_use]
pub fn numbers<T: Bound, N: Bound>(range: RangeInclusive<N>) -> RangeInclusive<N> {
    range
}

/// Asks a type of readings for its sensors and its values, whether or not it can tell.
///
/// `Readings::<T>::NEW.sensors()` is the method here if `T` is [`Datapoints`], and else the one of
/// what this dereferences to. The same goes for `flatten`.
#[derive(Debug)]
pub struct Readings<T>(PhantomData<T>);

impl<T> Readings<T> {
    /// The question.
    pub const NEW: Self = Self(PhantomData);
}

impl<T: Datapoints> Readings<T> {
    /// The sensors that the type declares.
    #[must_use]
    pub fn sensors(&self) -> Vec<Sensor> {
        T::sensors()
    }

    /// The values as the type records them.
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

/// Readings whose sensors are found on first sight, and whose values serde writes.
#[derive(Debug)]
pub struct Undeclared;

impl Undeclared {
    /// None yet.
    #[must_use]
    pub const fn sensors(&self) -> Vec<Sensor> {
        Vec::new()
    }

    /// The values as serde writes them.
    pub fn flatten<T: Serialize>(&self, readings: &T, to: &mut FlatReadings) -> Result<()> {
        to.serialize(readings)
    }
}
