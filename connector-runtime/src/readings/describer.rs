//! What types of readings tell about their sensors.

use std::{borrow::Cow, mem, ops::RangeInclusive};

use crate::{
    datapoint::{Bound, Kind, Number, Sensor},
    readings::flat::SEPARATOR,
};

/// Takes down what [`Datapoints`](crate::Datapoints) tell; knows where in the readings it is.
#[derive(Debug, Default)]
pub struct Describer {
    sensors: Vec<Sensor>,
    path: String,
    /// Whether a value can stand here; else there are keys to come, or nothing.
    has_key: bool,
    about: About,
    /// The types behind pointers that are being described.
    open: Vec<&'static str>,
}

/// What the fields on the way to a value say about it.
#[derive(Debug, Clone, Default)]
struct About {
    unit: Option<Cow<'static, str>>,
    range: Option<(Number, Number)>,
    description: Cow<'static, str>,
}

impl Describer {
    /// What was told.
    pub(crate) fn sensors(self) -> Vec<Sensor> {
        self.sensors
    }

    /// Whether there is no key yet.
    pub(crate) fn is_outermost(&self) -> bool {
        self.path.is_empty()
    }

    /// Here is what a pointer points to: a type that holds itself is described once.
    pub(crate) fn behind(&mut self, name: &'static str, describe: fn(&mut Self)) {
        if !self.open.contains(&name) {
            self.open.push(name);
            describe(self);
            self.open.pop();
        }
    }

    /// Here is a value.
    pub fn value(&mut self, kind: Kind) {
        if !self.has_key {
            return;
        }
        let About { unit, range, description } = self.about.clone();
        let has_unit = matches!(kind, Kind::Number | Kind::Integer | Kind::List);
        let sensor = Sensor::new(self.path.clone(), kind).description(description);
        self.sensors.push(Sensor { unit: unit.filter(|_| has_unit), range, ..sensor });
    }

    /// Here is an object with this key, among others.
    pub fn field<'a>(&'a mut self, key: &'a str) -> Field<'a> {
        let about = About { unit: self.about.unit.clone(), ..About::default() };
        Field { to: self, key: Some(key), has_key: true, about }
    }

    /// Here is what another type describes, in its place.
    pub fn inner(&mut self) -> Field<'_> {
        let (has_key, about) = (self.has_key, self.about.clone());
        Field { to: self, key: None, has_key, about }
    }

    /// Here are the keys of another type, among others.
    pub fn among(&mut self) -> Field<'_> {
        let about = self.about.clone();
        Field { to: self, key: None, has_key: false, about }
    }
}

/// A field of readings; see [`Describer::field`]. What stands nearest to a value counts.
#[derive(Debug)]
#[must_use = "a field says last what it `holds`"]
pub struct Field<'a> {
    to: &'a mut Describer,
    key: Option<&'a str>,
    has_key: bool,
    about: About,
}

impl Field<'_> {
    /// The unit of its value, or of all values within that have no unit of their own.
    pub fn unit(mut self, unit: impl Into<Cow<'static, str>>) -> Self {
        self.about.unit = Some(unit.into());
        self
    }

    /// The numbers that are to be expected.
    pub fn range<N: Bound>(mut self, range: RangeInclusive<N>) -> Self {
        let (low, high) = range.into_inner();
        self.about.range = Some((low.into(), high.into()));
        self
    }

    /// What it measures, for people.
    pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.about.description = description.into();
        self
    }

    /// What describes its value, which ends what there is to say: `f64::describe`, for example.
    // No type parameter: where a type lacks the derive, it is to be said once, and of the type.
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
