//! Equality of JSON values.

use serde_json::Value;

use crate::datapoint::number::Number;

/// Returns whether both values are equal; numbers are compared independently of their notation.
pub(crate) fn is_same(value: &Value, json: &str) -> bool {
    match value {
        Value::Number(number) => {
            let Some(given) = Number::parse(json) else { return false };
            let written = number.as_f64().and_then(short).map(Number::from);
            let mut expected = Number::parse(&number.to_string()).into_iter().chain(written);
            expected.any(|number| number.at_least(&given) && given.at_least(&number))
        }
        value => serde_json::from_str::<Value>(json).is_ok_and(|given| &given == value),
    }
}

/// Returns the `f32` that this number was converted from, if it was.
#[allow(clippy::cast_possible_truncation, reason = "the comparison below detects a loss")]
fn short(number: f64) -> Option<f32> {
    let short = number as f32;
    (f64::from(short).to_bits() == number.to_bits()).then_some(short)
}
