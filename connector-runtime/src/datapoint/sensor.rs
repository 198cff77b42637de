//! A sensor as declared before its first value: its key, kind, unit, range and description.

use std::{borrow::Cow, ops::RangeInclusive};

use serde_json::{Value, json};

use crate::datapoint::number::{Bound, Number};

/// A datapoint that the connector reads from the device, as declared before the first message.
///
/// `#[derive(Datapoints)]` on the readings declares sensors. To declare one by hand:
///
/// ```
/// use connector_runtime::{Kind, Sensor};
///
/// let power = Sensor::new("inverter__power", Kind::Number).unit("W").range(0.0..=5000.0);
/// assert_eq!(power.key, "inverter__power");
/// assert_eq!(power.unit.as_deref(), Some("W"));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Sensor {
    /// The key by which the administrator selects it.
    pub key: Cow<'static, str>,
    /// The kind of its values.
    pub kind: Kind,
    /// The unit of its values, if any.
    pub unit: Option<Cow<'static, str>>,
    /// The lowest and the highest expected number.
    pub range: Option<(Number, Number)>,
    /// A description for people; empty by default.
    pub description: Cow<'static, str>,
    /// An example of a value.
    pub example: Option<Value>,
}

/// The kind of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Numbers of any kind.
    Number,
    /// Whole numbers.
    Integer,
    /// True or false.
    Bool,
    /// Text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Lists; a list is one value.
    List,
}

impl Kind {
    /// Returns its name in generated documents.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Bool => "bool",
            Self::Text => "text",
            Self::Word(_) => "word",
            Self::List => "list",
        }
    }
}

impl Sensor {
    /// Creates a sensor. In its key `__` joins the keys of nested readings.
    #[must_use]
    pub fn new(key: impl Into<Cow<'static, str>>, kind: Kind) -> Self {
        let (unit, range, description, example) = (None, None, Cow::Borrowed(""), None);
        Self { key: key.into(), kind, unit, range, description, example }
    }

    /// Sets the unit of its values.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<Cow<'static, str>>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// Sets the range of expected numbers. A value outside of it is published nevertheless.
    #[must_use]
    pub fn range<N: Bound>(mut self, range: RangeInclusive<N>) -> Self {
        let (low, high) = range.into_inner();
        self.range = Some((low.into(), high.into()));
        self
    }

    /// Sets a description for people.
    #[must_use]
    pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets an example of a value. It is announced until there is a real value, so that people see
    /// it when they select datapoints.
    ///
    /// Defaults to the lower end of the range, the first word, or the zero value of its kind.
    #[must_use]
    pub fn example(mut self, example: impl Into<Value>) -> Self {
        self.example = Some(example.into());
        self
    }

    /// Returns the value to announce before there is a real one.
    pub(crate) fn announced(&self) -> Value {
        match (&self.example, self.range, self.kind) {
            (Some(example), ..) => example.clone(),
            (None, Some((low, _)), _) => low.to_json(),
            (None, None, Kind::Number) => json!(0.0),
            (None, None, Kind::Integer) => json!(0),
            (None, None, Kind::Bool) => json!(false),
            (None, None, Kind::Text) => json!(""),
            (None, None, Kind::Word(words)) => json!(words.first()),
            (None, None, Kind::List) => json!([]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_defaults_to_the_range_and_then_to_the_kind() {
        let example = |kind| Sensor::new("key", kind).announced();
        let kinds = [Kind::Number, Kind::Integer, Kind::Bool, Kind::Text, Kind::List];
        assert_eq!(kinds.map(example), [json!(0.0), json!(0), json!(false), json!(""), json!([])]);
        assert_eq!(example(Kind::Word(&["on", "off"])), json!("on"));
        let ranged = Sensor::new("key", Kind::Integer).range(3..=5);
        assert_eq!(ranged.announced(), json!(3));
        assert_eq!(ranged.example(4).announced(), json!(4));
    }
}
