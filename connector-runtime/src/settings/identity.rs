//! Who a connector is and which settings it takes.

use crate::mqtt::topic;

/// Who a connector is and which settings it takes: what `#[connector]` on a struct implements.
///
/// The struct's fields are [`clap`] arguments, so each setting can be a flag, an environment
/// variable, or both.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a connector's settings",
    label = "this struct lacks `#[connector]`",
    note = "write `#[connector]` above `struct {Self}`; its fields become flags and environment variables"
)]
pub trait ConnectorSettings: clap::Args + Send + Sync + 'static {
    /// The connector's name where `CONNECTOR_NAME` does not say otherwise: the root of all its
    /// topics.
    const NAME: &'static str;
    /// The connector's own version; it is recorded beside each raw message.
    const VERSION: &'static str;
    /// What it connects, in one line, for `--help`.
    const ABOUT: &'static str;
}

/// Whether a connector can have this name: it is the first level of all its topics.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let problem = if name.trim().is_empty() {
        "it is empty".to_owned()
    } else if name.contains('/') {
        "it contains `/`, but it is one level of a topic".to_owned()
    } else if let Err(problem) = topic::check(name) {
        problem.to_string()
    } else {
        return Ok(());
    };
    Err(format!("{name:?} cannot be the root of the connector's topics: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_level() {
        for name in ["demo", "ü", " x ", "a b", "a.b-c_d"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", " ", "a/b", "a+", "#", "$x", "a\0"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
