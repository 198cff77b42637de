//! Values of settings that device parts often need: for `value_parser` of `#[arg(..)]`.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use connector_runtime::prelude::*;
//!
//! /// Some wallboxes.
//! #[connector]
//! struct Wallboxes {
//!     /// Seconds from one poll to the next, such as 0.5.
//!     #[arg(long, env = "POLL_SECONDS", value_parser = value_parser::seconds, default_value = "10")]
//!     poll: Duration,
//!     /// JSON object: the address of each wallbox.
//!     #[arg(long, env = "WALLBOXES", value_parser = value_parser::json::<Addresses>)]
//!     wallboxes: Addresses,
//!     /// TRUE: ask for the meter, too.
//!     #[arg(long, env = "METER", default_value = "FALSE")]
//!     #[arg(value_parser = value_parser::switch, action = clap::ArgAction::Set)]
//!     meter: bool,
//! }
//!
//! type Addresses = BTreeMap<String, String>;
//! ```
//!
//! A value that is wrong is reported with the name of its variable, together with all other faults.

use std::time::Duration;

use anyhow::Context;
use serde::de::DeserializeOwned;

use crate::error::Result;

/// A number of seconds, with or without a fraction. Zero is one: no pause at all. A source that is to
/// be polled each zero seconds is a fault of its own, which is reported at the start.
pub fn seconds(text: &str) -> Result<Duration> {
    let seconds: f64 =
        text.trim().parse().context("write a number of seconds, such as 10 or 0.5")?;
    Duration::try_from_secs_f64(seconds).context("write a number of seconds that is not negative")
}

/// `TRUE` or `FALSE`, in upper or lower case.
pub fn switch(text: &str) -> Result<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" | "" => Ok(false),
        _ => anyhow::bail!("write TRUE or FALSE"),
    }
}

/// JSON text, as any type that serde can deserialize. The error tells the line and the column.
pub fn json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|error| anyhow::anyhow!("this is not the JSON that is expected: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_value_says_what_is_expected() {
        assert_eq!(seconds(" 0.25 ").unwrap(), Duration::from_millis(250));
        for text in ["", "-1", "NaN", "inf", "ten", "1e300"] {
            assert!(seconds(text).is_err(), "{text}");
        }
        assert!(switch("True").unwrap() && !switch("FALSE").unwrap());
        assert_eq!(switch("yes").unwrap_err().to_string(), "write TRUE or FALSE");
        assert_eq!(json::<Vec<u8>>("[1, 2]").unwrap(), [1, 2]);
        let error = json::<Vec<u8>>("[1, -2]").unwrap_err().to_string();
        assert!(error.contains("line 1 column 6"), "{error}");
    }
}
