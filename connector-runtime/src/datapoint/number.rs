//! Numbers as the bounds of a range.

use std::fmt;

use serde_json::Value;

use crate::datapoint::json::plain;

/// A number type that can bound a range: every integer and floating-point type.
#[diagnostic::on_unimplemented(
    message = "a range needs numbers, and `{Self}` is not a number type",
    label = "not a number type",
    note = "`range = a..=b` requires a value of an integer or floating-point type"
)]
pub trait Bound: Into<Number> + Copy {}

impl Bound for Number {}

/// A bound of a range; exact for integers.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Number {
    /// An integer of at most 64 bits.
    Integer(i128),
    /// A floating-point number.
    Float(f64),
}

impl Number {
    /// Parses JSON text: a number, or text that contains a number.
    pub(crate) fn parse(json: &str) -> Option<Self> {
        let json = &*plain(json)?;
        match json.parse() {
            Ok(integer) => Some(Self::Integer(integer)),
            Err(_) => json.parse().ok().filter(|float: &f64| float.is_finite()).map(Self::Float),
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "happens only if one side is a float anyway")]
    /// Returns whether this number is greater than or equal to the other one.
    pub(crate) fn at_least(&self, low: &Self) -> bool {
        let float = |number: &Self| match number {
            Self::Integer(integer) => *integer as f64,
            Self::Float(float) => *float,
        };
        match (self, low) {
            (Self::Integer(this), Self::Integer(low)) => this >= low,
            (this, low) => float(this) >= float(low),
        }
    }

    /// Converts the number to a JSON value.
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
bounds!(Float(f64): f64);

impl From<f32> for Number {
    fn from(number: f32) -> Self {
        Self::Float(as_written(number))
    }
}

impl Bound for f32 {}

/// Converts to the number with the same decimal notation: `0.1_f32` becomes 0.1, not a little more.
pub(crate) fn as_written(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_else(|_| number.into())
}

macro_rules! pointer_sized_bounds {
    ($($narrow:ty)*) => {$(
        impl From<$narrow> for Number {
            fn from(number: $narrow) -> Self {
                // Rust guarantees no upper limit for these types, but no platform exceeds 128 bits.
                Self::Integer(i128::try_from(number).unwrap_or(i128::MAX))
            }
        }

        impl Bound for $narrow {}
    )*};
}

pointer_sized_bounds!(isize usize);
