//! A datapoint: its key, the kind of its values, and the factor between register and value.

use connector_runtime::prelude::*;

use crate::format::{Kind, Value};

/// A value in some registers, or a bit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    pub(crate) key: String,
    pub(super) kind: Kind,
    pub(super) factor: Option<f64>,
    pub(super) description: String,
}

impl Point {
    /// Returns the declaration of its sensor.
    pub(crate) fn sensor(&self) -> Sensor {
        let kind = match (self.kind, self.factor) {
            (Kind::Bool, _) => connector_runtime::Kind::Bool,
            (Kind::Text | Kind::Pascal, _) => connector_runtime::Kind::Text,
            (Kind::Signed | Kind::Unsigned, None) => connector_runtime::Kind::Integer,
            _ => connector_runtime::Kind::Number,
        };
        Sensor::new(self.key.clone(), kind).description(self.description.clone())
    }

    #[expect(clippy::cast_precision_loss, reason = "a scaled value is not exact anyway")]
    pub(super) fn scale(&self, value: Value) -> Value {
        match (value, self.factor) {
            (Value::Integer(integer), Some(factor)) => Value::Float(integer as f64 * factor),
            (Value::Float(float), Some(factor)) => Value::Float(float * factor),
            (value, _) => value,
        }
    }

    /// Returns the value of a command in the device's units.
    #[expect(clippy::cast_possible_truncation, reason = "what has no room is refused when written")]
    pub(super) fn value_of(&self, command: &Command) -> Result<Value> {
        let factor = self.factor.unwrap_or(1.0);
        Ok(match self.kind {
            Kind::Bool => Value::Bool(match command.value::<u8>() {
                Ok(bit @ 0..=1) => bit == 1,
                _ => command.value()?,
            }),
            Kind::Text | Kind::Pascal => Value::Text(command.value()?),
            Kind::Float => Value::Float(command.value::<f64>()? / factor),
            _ if self.factor.is_some() => {
                Value::Integer((command.value::<f64>()? / factor).round() as i128)
            }
            _ => Value::Integer(command.value()?),
        })
    }
}
