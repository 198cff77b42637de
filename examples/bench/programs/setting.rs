//! The settings of those programs that are no connectors.

use std::env;

use connector_runtime::{Result, prelude::Context};

/// What a variable says, which must be set.
pub(super) fn setting(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("{name} is not set"))
}
