//! The identity of a connector, and its settings.

use crate::{mqtt::topic, settings::shown};

/// The identity of a connector, and its settings. `#[connector]` on a struct implements this trait.
///
/// The fields of the struct are [`clap`] arguments, so each setting can be a flag, an environment
/// variable, or both.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a connector's settings",
    label = "this struct lacks `#[connector]`",
    note = "write `#[connector]` above `struct {Self}`; its fields become flags and environment variables"
)]
pub trait ConnectorSettings: clap::Args + Send + Sync + 'static {
    /// The default of `CONNECTOR_NAME`: the connector's name, which is the first level of all its topics.
    const NAME: &'static str;
    /// The connector's own version, which is published with each raw message.
    const VERSION: &'static str;
    /// A description of the connector in one line, for `--help` and documents.
    const ABOUT: &'static str;
}

/// Checks the name of a connector, which is the first level of all its topics.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let problem = if name.trim().is_empty() {
        "it is empty".to_owned()
    } else if name.contains('/') {
        "it contains `/`, but must be a single level".to_owned()
    } else if let Err(problem) = topic::check(name) {
        problem.to_string()
    } else {
        return Ok(());
    };
    let name = shown::value(name);
    Err(format!("{name:?} is not a valid first level of the connector's topics: {problem}"))
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
