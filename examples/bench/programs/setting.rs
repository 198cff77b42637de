//! The settings of the programs other than connectors.

use std::env;

use connector_runtime::{Result, prelude::Context};

/// Returns the value of a required environment variable.
pub(super) fn setting(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("{name} is not set"))
}
