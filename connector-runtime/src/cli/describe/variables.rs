//! The settings of a connector, taken from its command line.

use clap::{Arg, ArgAction, Command};
use serde::Serialize;

use crate::{settings::is_secret, telemetry::log::text::setting_without_login};

/// Replaces the default of a secret.
const HIDDEN: &str = "***";

/// A setting.
#[derive(Debug, Serialize)]
pub(crate) struct Variable {
    /// The variable; `None` for a setting that has only a flag.
    pub(crate) name: Option<String>,
    /// The flag, with `--`.
    pub(crate) flag: Option<String>,
    /// `Device` or `Bus`.
    pub(crate) group: String,
    pub(crate) default: Option<String>,
    pub(crate) is_required: bool,
    pub(crate) is_secret: bool,
    pub(crate) help: String,
}

pub(super) fn of(command: &Command) -> Vec<Variable> {
    let settings = command.get_arguments().filter(|arg| arg.get_help_heading().is_some());
    settings.map(variable).collect()
}

fn variable(arg: &Arg) -> Variable {
    let defaults: Vec<_> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let default = defaults.join(",");
    let is_secret = is_secret(arg);
    let default = match arg.get_action() {
        ArgAction::SetTrue => "false".to_owned(),
        ArgAction::SetFalse => "true".to_owned(),
        _ if is_secret && !default.is_empty() => HIDDEN.to_owned(),
        _ => setting_without_login(&default).into_owned(),
    };
    Variable {
        name: arg.get_env().map(|name| name.to_string_lossy().into_owned()),
        flag: arg.get_long().map(|flag| format!("--{flag}")),
        group: arg.get_help_heading().unwrap_or_default().to_owned(),
        default: (!default.is_empty()).then_some(default),
        is_required: arg.is_required_set(),
        is_secret,
        help: arg.get_help().map(ToString::to_string).unwrap_or_default(),
    }
}

impl Variable {
    /// Returns the variable, or else the flag.
    pub(super) fn shown(&self) -> &str {
        self.name.as_deref().or(self.flag.as_deref()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Secret;

    #[test]
    fn a_secret_is_hidden_unless_it_is_empty() {
        let secret = |default| {
            let arg = Arg::new("pin").long("pin").value_parser(clap::value_parser!(Secret));
            variable(&arg.default_value(default)).default
        };
        assert_eq!(secret("1234").as_deref(), Some(HIDDEN));
        assert_eq!(secret(""), None);
    }
}
