//! Validates the values of commands against the rules of their actuator.

use std::fmt;

use serde_json::Value;

use crate::{
    datapoint::{actuator::Actuator, command::Command, number::Number, same::is_same},
    error::Result,
};

impl Actuator {
    /// Returns an error if the value violates a rule of this actuator.
    pub(crate) fn check(&self, command: &Command) -> Result<()> {
        let json = command.json();
        self.check_value(json).and_then(|()| self.check_length(json))
    }

    fn check_value(&self, json: &str) -> Result<()> {
        let is_listed = self.one_of.iter().any(|value| is_same(value, json));
        match self.range {
            _ if is_listed => {}
            None if self.one_of.is_empty() => {}
            None => anyhow::bail!("the value {json:.100} is not one of {}", List(&self.one_of)),
            Some((low, high)) => {
                let or = if self.one_of.is_empty() {
                    String::new()
                } else {
                    format!(", and not one of {}", List(&self.one_of))
                };
                let Some(number) = Number::parse(json) else {
                    anyhow::bail!(
                        "the value {json:.100} is not a number between {low} and {high}{or}"
                    );
                };
                anyhow::ensure!(
                    number.at_least(&low) && high.at_least(&number),
                    "the value {json:.100} is outside of the range {low} to {high}{or}"
                );
            }
        }
        Ok(())
    }

    fn check_length(&self, json: &str) -> Result<()> {
        let Some(max_len) = self.max_len else { return Ok(()) };
        let (length, unit) = match serde_json::from_str(json)? {
            Value::String(text) => (text.chars().count(), "characters"),
            Value::Array(items) => (items.len(), "items"),
            _ => anyhow::bail!("the value {json:.100} is neither text nor a list"),
        };
        anyhow::ensure!(
            length <= max_len,
            "the value {json:.100} has {length} {unit}; at most {max_len} are allowed"
        );
        Ok(())
    }
}

/// Formats values as a comma-separated list.
struct List<'a>(&'a [Value]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(index, value)| {
            f.write_str(if index == 0 { "" } else { ", " })?;
            value.fmt(f)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn accepts(actuator: &Actuator, json: &str) -> bool {
        check(actuator, json).is_ok()
    }

    fn check(actuator: &Actuator, json: &str) -> Result<()> {
        let value = serde_json::from_str(json).unwrap();
        actuator.check(&Command::new("key", value, Timestamp::from_millis(0)))
    }

    #[test]
    fn a_range_includes_both_ends_and_accepts_only_numbers() {
        let actuator = Actuator::new("key").range(15.0..=30.0);
        for json in ["15", "15.0", "30", "30.0", "2e1", "\"20\"", "\"20.5\""] {
            assert!(accepts(&actuator, json), "{json}");
        }
        for json in
            ["14.999", "31", "-20", "\"31\"", "\"x\"", "true", "null", "[20]", "{}", "1e999"]
        {
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
    fn f32_bounds_are_compared_as_decimal_numbers() {
        let actuator = Actuator::new("key").range(15.1_f32..=30.3);
        for (json, accepted) in [("15.1", true), ("30.3", true), ("15.09", false), ("30.31", false)]
        {
            assert_eq!(accepts(&actuator, json), accepted, "{json}");
        }
        assert_eq!(actuator.announced().to_string(), "15.1");
        let listed = Actuator::new("key").one_of([0.1_f32, 16.0]);
        for (json, accepted) in [("0.1", true), ("16", true), ("0.10000001", false)] {
            assert_eq!(accepts(&listed, json), accepted, "{json}");
        }
    }

    #[test]
    fn values_can_be_listed() {
        let words = Actuator::new("key").one_of(["off", "slow"]);
        assert!(accepts(&words, "\"slow\""));
        for json in ["\"fast\"", "\"Slow\"", "1", "null"] {
            assert!(!accepts(&words, json), "{json}");
        }
        let error = check(&words, "\"fast\"").unwrap_err().to_string();
        assert_eq!(error, "the value \"fast\" is not one of \"off\", \"slow\"");
        let numbers = Actuator::new("key").one_of([0, 16]);
        for (json, accepted) in [("16", true), ("16.0", true), ("\"16\"", true), ("15", false)] {
            assert_eq!(accepts(&numbers, json), accepted, "{json}");
        }
    }

    #[test]
    fn listed_values_are_accepted_in_addition_to_a_range() {
        let current = Actuator::new("key").one_of([0]).range(6000..=63_000);
        for (json, accepted) in [("0", true), ("6000", true), ("1", false), ("63001", false)] {
            assert_eq!(accepts(&current, json), accepted, "{json}");
        }
        let error = check(&current, "1").unwrap_err().to_string();
        assert_eq!(error, "the value 1 is outside of the range 6000 to 63000, and not one of 0");
    }

    #[test]
    fn the_length_counts_characters_or_items() {
        let actuator = Actuator::new("key").max_len(3);
        for json in ["\"äöü\"", "\"\"", "[1,2,3]"] {
            assert!(accepts(&actuator, json), "{json}");
        }
        for json in ["\"four\"", "[1,2,3,4]", "7", "null", "{}"] {
            assert!(!accepts(&actuator, json), "{json}");
        }
    }

    #[test]
    fn the_example_defaults_to_an_accepted_value() {
        let announced = |actuator: Actuator| actuator.announced();
        assert_eq!(announced(Actuator::new("key")), Value::Null);
        assert_eq!(announced(Actuator::new("key").range(15..=30)), Value::from(15));
        assert_eq!(announced(Actuator::new("key").one_of(["a", "b"])), Value::from("a"));
        assert_eq!(announced(Actuator::new("key").range(1..=3).example(2)), Value::from(2));
    }
}
