//! Parsers of common settings, for `value_parser` in `#[arg(..)]`.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use connector_runtime::prelude::*;
//!
//! /// Some wallboxes.
//! #[connector]
//! struct Wallboxes {
//!     /// Seconds between two polls, such as 0.5.
//!     #[arg(long, env = "POLL_SECONDS", value_parser = value_parser::seconds, default_value = "10")]
//!     poll: Duration,
//!     /// JSON object from the name of each wallbox to its address.
//!     #[arg(long, env = "WALLBOXES", value_parser = value_parser::json::<Addresses>)]
//!     wallboxes: Addresses,
//!     /// TRUE: also read the meter.
//!     #[arg(long, env = "METER", default_value = "FALSE")]
//!     #[arg(value_parser = value_parser::switch, action = clap::ArgAction::Set)]
//!     meter: bool,
//! }
//!
//! type Addresses = BTreeMap<String, String>;
//! ```
//!
//! An invalid value is reported with the name of its variable, together with all other invalid settings.

use std::time::Duration;

use anyhow::Context;
use serde::de::DeserializeOwned;

use crate::error::Result;

/// Parses a number of seconds, with or without a fraction.
///
/// Zero is valid here. If it is the interval of a source, the connector reports that when it starts.
///
/// # Errors
///
/// Fails if the text is not a number, or if the number is negative or too large for a [`Duration`].
pub fn seconds(text: &str) -> Result<Duration> {
    let seconds: f64 = text.trim().parse().context("not a number of seconds, such as 10 or 0.5")?;
    Duration::try_from_secs_f64(seconds)
        .context("the number of seconds must not be negative or too large")
}

/// Parses `TRUE` or `FALSE`, in upper or lower case. An empty text is `FALSE`.
///
/// # Errors
///
/// Fails for any other text.
pub fn switch(text: &str) -> Result<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" | "" => Ok(false),
        _ => anyhow::bail!("must be TRUE or FALSE"),
    }
}

/// Parses JSON text to any type that serde can deserialize.
///
/// # Errors
///
/// Fails if the text is not valid JSON, or does not match the type. The error contains the line and
/// column.
pub fn json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| anyhow::anyhow!("not the expected JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_value_is_reported_with_the_expected_one() {
        assert_eq!(seconds(" 0.25 ").unwrap(), Duration::from_millis(250));
        for text in ["", "-1", "NaN", "inf", "ten", "1e300"] {
            assert!(seconds(text).is_err(), "{text}");
        }
        assert!(switch("True").unwrap() && !switch("FALSE").unwrap());
        assert_eq!(switch("yes").unwrap_err().to_string(), "must be TRUE or FALSE");
        assert_eq!(json::<Vec<u8>>("[1, 2]").unwrap(), [1, 2]);
        let error = json::<Vec<u8>>("[1, -2]").unwrap_err().to_string();
        assert!(error.contains("line 1 column 6"), "{error}");
    }
}
