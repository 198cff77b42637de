//! What a datapoint is: its key, and for an actuator what it accepts.

use std::{borrow::Cow, fmt, ops::RangeInclusive};

use serde::{Serialize, ser::SerializeStruct};
use serde_json::Value;

use crate::{Command, Result, Timestamp};

/// The name under which [`Stamped`] announces itself to the flattener.
pub(crate) const STAMPED: &str = "$connector_runtime::Stamped";

/// A datapoint that takes commands.
///
/// ```
/// use connector_runtime::Actuator;
///
/// let setpoint = Actuator::new("room_1__setpoint").range(15.0..=30.0).example(21.0);
/// assert_eq!(setpoint.key(), "room_1__setpoint");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Actuator {
    key: Cow<'static, str>,
    example: Option<Value>,
    description: Cow<'static, str>,
    range: Option<(Number, Number)>,
}

impl Actuator {
    /// An actuator that accepts any value. Its key is unique within the connector.
    #[must_use]
    pub fn new(key: impl Into<Cow<'static, str>>) -> Self {
        Self { key: key.into(), example: None, description: Cow::Borrowed(""), range: None }
    }

    /// A value that it could be given; people see it where they select datapoints.
    ///
    /// Where none is given this is the lower end of the range, or `null`.
    #[must_use]
    pub fn example(mut self, example: impl Into<Value>) -> Self {
        self.example = Some(example.into());
        self
    }

    /// What it does, for people.
    #[must_use]
    pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = description.into();
        self
    }

    /// The numbers that it accepts, both ends included. Every other value is refused, and the
    /// device does not see it.
    #[must_use]
    pub fn range<N: Bound>(mut self, range: RangeInclusive<N>) -> Self {
        let (low, high) = range.into_inner();
        self.range = Some((low.into(), high.into()));
        self
    }

    /// The key that the administrator selects it by.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What it does, for people.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.description
    }

    /// The example value to announce.
    pub(crate) fn announced(&self) -> Value {
        match (&self.example, &self.range) {
            (Some(example), _) => example.clone(),
            (None, Some((low, _))) => low.to_json(),
            (None, None) => Value::Null,
        }
    }

    /// Whether the device may see this command.
    pub(crate) fn check(&self, command: &Command) -> Result<()> {
        let Some((low, high)) = &self.range else { return Ok(()) };
        let json = command.json();
        let Some(number) = Number::parse(json) else {
            anyhow::bail!("the value {json:.100} is not a number between {low} and {high}");
        };
        anyhow::ensure!(
            number.at_least(low) && high.at_least(&number),
            "the value {json:.100} is outside of the range {low} to {high}"
        );
        Ok(())
    }
}

/// A number type that can bound a range: every integer and floating-point type.
#[diagnostic::on_unimplemented(
    message = "a range needs numbers, and `{Self}` is none",
    label = "not a number type",
    note = "`range = a..=b` goes with a value of an integer or floating-point type"
)]
pub trait Bound: Into<Number> + Copy {}

/// A bound of a range, exact for integers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An integer of at most 64 bits.
    Integer(i128),
    /// A floating-point number.
    Float(f64),
}

impl Number {
    fn parse(json: &str) -> Option<Self> {
        let is_number = json.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        match json.parse() {
            _ if !is_number => None,
            Ok(integer) => Some(Self::Integer(integer)),
            Err(_) => json.parse().ok().filter(|float: &f64| float.is_finite()).map(Self::Float),
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "only where one side is a float anyway")]
    fn at_least(&self, low: &Self) -> bool {
        let float = |number: &Self| match number {
            Self::Integer(integer) => *integer as f64,
            Self::Float(float) => *float,
        };
        match (self, low) {
            (Self::Integer(this), Self::Integer(low)) => this >= low,
            (this, low) => float(this) >= float(low),
        }
    }

    pub(crate) fn to_json(self) -> Value {
        match self {
            Self::Integer(integer) => i64::try_from(integer)
                .map(Value::from)
                .or_else(|_| u64::try_from(integer).map(Value::from))
                .unwrap_or_default(),
            Self::Float(float) => float.into(),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => integer.fmt(f),
            Self::Float(float) => float.fmt(f),
        }
    }
}

macro_rules! bounds {
    ($variant:ident($wide:ty): $($narrow:ty)*) => {$(
        impl From<$narrow> for Number {
            fn from(number: $narrow) -> Self {
                Self::$variant(<$wide>::from(number))
            }
        }

        impl Bound for $narrow {}
    )*};
}

bounds!(Integer(i128): i8 i16 i32 i64 u8 u16 u32 u64);
bounds!(Float(f64): f32 f64);

macro_rules! pointer_sized_bounds {
    ($($narrow:ty)*) => {$(
        impl From<$narrow> for Number {
            fn from(number: $narrow) -> Self {
                // Rust promises no upper limit of these types, but no platform exceeds 128 bits.
                Self::Integer(i128::try_from(number).unwrap_or(i128::MAX))
            }
        }

        impl Bound for $narrow {}
    )*};
}

pointer_sized_bounds!(isize usize);

/// Readings with the time at which the device took them, where the time of reception will not do.
///
/// [`parse`](crate::Connector::parse) returns it in place of the bare readings:
///
/// ```
/// use connector_runtime::{Result, Stamped, Timestamp};
/// # use serde_json::Value;
/// fn parse(raw: &str) -> Result<Stamped<Value>> {
///     let readings: Value = serde_json::from_str(raw)?;
///     let millis = readings["logged_at"].as_i64().unwrap_or_default();
///     Ok(Stamped { timestamp: Timestamp::from_millis(millis), readings })
/// }
/// # assert_eq!(parse(r#"{"logged_at": 7}"#).unwrap().timestamp.as_millis(), 7);
/// ```
#[derive(Debug, Clone)]
pub struct Stamped<T> {
    /// When the device took the readings.
    pub timestamp: Timestamp,
    /// The readings themselves.
    pub readings: T,
}

impl<T: Serialize> Serialize for Stamped<T> {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        let mut stamped = serializer.serialize_struct(STAMPED, 2)?;
        stamped.serialize_field("timestamp", &self.timestamp)?;
        stamped.serialize_field("readings", &self.readings)?;
        stamped.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(actuator: &Actuator, json: &str) -> bool {
        let value = serde_json::from_str(json).unwrap();
        actuator.check(&Command::new("key", value, Timestamp::from_millis(0))).is_ok()
    }

    #[test]
    fn a_range_includes_both_ends_and_takes_numbers_only() {
        let actuator = Actuator::new("key").range(15.0..=30.0);
        for json in ["15", "15.0", "30", "30.0", "2e1"] {
            assert!(accepts(&actuator, json), "{json}");
        }
        for json in ["14.999", "31", "-20", "\"20\"", "true", "null", "[20]", "{}", "1e999"] {
            assert!(!accepts(&actuator, json), "{json}");
        }
    }

    #[test]
    fn integers_are_compared_exactly() {
        let actuator = Actuator::new("key").range(0..=9_007_199_254_740_992_u64);
        assert!(accepts(&actuator, "9007199254740992"));
        assert!(!accepts(&actuator, "9007199254740993"));
    }

    #[test]
    fn the_example_falls_back_to_the_range() {
        assert_eq!(Actuator::new("key").announced(), Value::Null);
        assert_eq!(Actuator::new("key").range(15..=30).announced(), Value::from(15));
        assert_eq!(Actuator::new("key").range(1..=3).example(2).announced(), Value::from(2));
    }
}
