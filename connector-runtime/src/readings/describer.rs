//! Descriptions of the sensors of a type of readings.

use std::{borrow::Cow, mem, ops::RangeInclusive};

use crate::{
    datapoint::{Bound, Kind, Number, Sensor},
    readings::flat::SEPARATOR,
};

/// Collects the sensors that [`Datapoints::describe`](crate::Datapoints::describe) describes, and keeps
/// the current place in the readings.
#[derive(Debug, Default)]
pub struct Describer {
    sensors: Vec<Sensor>,
    path: String,
    /// Whether a value is allowed here; otherwise, only further keys are.
    has_key: bool,
    about: About,
    /// The types behind pointers that are being described.
    open: Vec<&'static str>,
}

/// The attributes of a value, collected from the fields that contain it.
#[derive(Debug, Clone, Default)]
struct About {
    unit: Option<Cow<'static, str>>,
    range: Option<(Number, Number)>,
    description: Cow<'static, str>,
}

impl Describer {
    /// Returns the described sensors.
    pub(crate) fn sensors(self) -> Vec<Sensor> {
        self.sensors
    }

    /// Whether this is the outermost type, without a key.
    pub(crate) fn is_outermost(&self) -> bool {
        self.path.is_empty()
    }

    /// Describes the target of a pointer. A type that contains itself is described once.
    pub(crate) fn behind(&mut self, name: &'static str, describe: fn(&mut Self)) {
        if !self.open.contains(&name) {
            self.open.push(name);
            describe(self);
            self.open.pop();
        }
    }

    /// Describes a value of this kind.
    pub fn value(&mut self, kind: Kind) {
        if !self.has_key {
            return;
        }
        let About { unit, range, description } = self.about.clone();
        let has_unit = matches!(kind, Kind::Number | Kind::Integer | Kind::List);
        let sensor = Sensor::new(self.path.clone(), kind).description(description);
        self.sensors.push(Sensor { unit: unit.filter(|_| has_unit), range, ..sensor });
    }

    /// Describes a field with this key. Call [`Field::holds`] on the result.
    pub fn field<'a>(&'a mut self, key: &'a str) -> Field<'a> {
        let about = About { unit: self.about.unit.clone(), ..About::default() };
        Field { to: self, key: Some(key), has_key: true, about }
    }

    /// Describes the content of a wrapper, in place of the wrapper itself.
    pub fn inner(&mut self) -> Field<'_> {
        let (has_key, about) = (self.has_key, self.about.clone());
        Field { to: self, key: None, has_key, about }
    }

    /// Describes the keys of another type as keys of this one, as with `#[serde(flatten)]`.
    pub fn among(&mut self) -> Field<'_> {
        let about = self.about.clone();
        Field { to: self, key: None, has_key: false, about }
    }
}

/// A field of readings; see [`Describer::field`]. Attributes of an inner field override those of an outer
/// one.
#[derive(Debug)]
#[must_use = "a field is described only when `holds` is called"]
pub struct Field<'a> {
    to: &'a mut Describer,
    key: Option<&'a str>,
    has_key: bool,
    about: About,
}

impl Field<'_> {
    /// Sets the unit of the value, or of all values within the field that have no unit of their own.
    pub fn unit(mut self, unit: impl Into<Cow<'static, str>>) -> Self {
        self.about.unit = Some(unit.into());
        self
    }

    /// Sets the range of the expected values.
    pub fn range<N: Bound>(mut self, range: RangeInclusive<N>) -> Self {
        let (low, high) = range.into_inner();
        self.about.range = Some((low.into(), high.into()));
        self
    }

    /// Sets the description of the value, for people.
    pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.about.description = description.into();
        self
    }

    /// Describes the content of the field with a function such as `f64::describe`.
    // Without a type parameter, the compiler reports a type that lacks the derive once, at the type.
    pub fn holds(self, describe: fn(&mut Describer)) {
        let Self { to, key, has_key, about } = self;
        let outer = (mem::replace(&mut to.about, about), mem::replace(&mut to.has_key, has_key));
        let length = to.path.len();
        if let Some(key) = key {
            to.path.push_str(if length == 0 { "" } else { SEPARATOR });
            to.path.push_str(key);
        }
        describe(to);
        to.path.truncate(length);
        (to.about, to.has_key) = outer;
    }
}
