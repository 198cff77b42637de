//! Made-up values, which change slowly and stay within the declared range, like those of a real device.

use std::f64::consts::TAU;

use serde_json::{Value, json};

use crate::datapoint::{Kind, Number, Sensor};

/// The number of messages of one rise and fall.
const PERIOD: f64 = 60.0;

/// The range of sensors without a declared one.
const RANGE: (f64, f64) = (0.0, 100.0);

/// Returns the value of a sensor in the message with this number. `phase` shifts sensors against each
/// other.
pub(super) fn value(sensor: &Sensor, phase: usize, number: u64) -> Value {
    #[allow(clippy::cast_precision_loss, reason = "the value is periodic")]
    let angle = TAU * (number as f64 / PERIOD + phase as f64 / 7.0);
    match sensor.kind {
        Kind::Number => json!(rounded(sensor, within(sensor, angle))),
        Kind::Integer => whole(sensor, angle),
        Kind::Bool => json!(angle.sin() >= 0.0),
        Kind::Text => json!("simulated"),
        Kind::Word(words) => one_of(words, number),
        Kind::List => json!([]),
    }
}

fn range(sensor: &Sensor) -> (f64, f64) {
    let number = |number: Number| number.to_json().as_f64().unwrap_or_default();
    sensor.range.map_or(RANGE, |(low, high)| (number(low), number(high)))
}

fn within(sensor: &Sensor, angle: f64) -> f64 {
    let (low, high) = range(sensor);
    (low + (high - low) * (0.5 + angle.sin() / 2.0)).clamp(low, high)
}

/// Rounds to a thousandth of the range, or finer.
fn rounded(sensor: &Sensor, value: f64) -> f64 {
    let (low, high) = range(sensor);
    let decimals = (3.0 - (high - low).log10().floor()).clamp(0.0, 12.0);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped just before"
    )]
    let decimals = decimals as usize;
    let rounded = format!("{value:.decimals$}").parse().unwrap_or(value);
    f64::clamp(rounded, low, high)
}

#[allow(clippy::cast_possible_truncation, reason = "`as` stays within the range of the integer")]
fn whole(sensor: &Sensor, angle: f64) -> Value {
    json!(within(sensor, angle).round() as i64)
}

fn one_of(words: &[&str], number: u64) -> Value {
    let turn = usize::try_from(number / 10).unwrap_or_default();
    json!(words.get(turn % words.len().max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(sensor: &Sensor) -> Vec<Value> {
        (0..200).map(|number| value(sensor, 3, number)).collect()
    }

    #[test]
    fn numbers_stay_in_their_range_and_go_through_it() {
        for sensor in [
            Sensor::new("a", Kind::Number).range(-20.55..=-1.25),
            Sensor::new("a", Kind::Number).range(0.001..=0.004),
            Sensor::new("a", Kind::Integer).range(5..=7),
            Sensor::new("a", Kind::Number),
        ] {
            let (low, high) = range(&sensor);
            let numbers = values(&sensor).into_iter().map(|value| value.as_f64().unwrap());
            let numbers: Vec<_> = numbers.collect();
            assert!(numbers.iter().all(|n| (low..=high).contains(n)), "{numbers:?}");
            let (least, most) = numbers
                .iter()
                .fold((f64::MAX, f64::MIN), |(least, most), n| (n.min(least), n.max(most)));
            assert!(most - least > (high - low) * 0.9, "{numbers:?}");
        }
    }

    #[test]
    fn words_and_bools_take_turns() {
        let words = values(&Sensor::new("a", Kind::Word(&["on", "off"])));
        assert!(words.contains(&json!("on")) && words.contains(&json!("off")));
        let bools = values(&Sensor::new("a", Kind::Bool));
        assert!(bools.contains(&json!(true)) && bools.contains(&json!(false)));
        assert_eq!(values(&Sensor::new("a", Kind::Word(&[])))[0], Value::Null);
    }
}
