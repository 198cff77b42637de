//! Descriptions of invalid settings, with the name of the variable and without secrets.

use std::{any::TypeId, ffi::OsStr};

use clap::{
    Arg, ArgMatches, Command, Error,
    error::{ContextKind, ContextValue, ErrorKind},
    parser::ValueSource,
};

use crate::{
    settings::{environment::Environment, secret::Secret, shown},
    telemetry::log::text::setting_without_login,
};

/// Returns the argument whose value is invalid.
pub(super) fn culprit<'a>(error: &Error, documented: &'a Command) -> Option<&'a Arg> {
    if !matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue) {
        return None;
    }
    let ContextValue::String(shown) = error.get(ContextKind::InvalidArg)? else { return None };
    documented.get_arguments().find(|arg| &arg.to_string() == shown)
}

pub(super) fn describe(error: &Error, arg: &Arg, environment: &Environment) -> String {
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => value.as_str(),
        _ => "",
    };
    let is_public = !arg.get_env().is_some_and(|variable| environment.is_in_file(variable));
    let may_be_seen = |text: &str| is_public && may_be_seen(arg, value, text);
    let is_hidden = is_secret(arg) || !is_public || setting_without_login(value) != value;
    let shown = if is_hidden { "***".into() } else { shown::value(value) };
    let variable = arg.get_env().filter(|variable| {
        let set = environment.get(variable).and_then(OsStr::to_str);
        set.is_some_and(|set| arg.get_value_delimiter().is_some() || set == value)
    });
    let reason = match (std::error::Error::source(error), error.get(ContextKind::ValidValue)) {
        (Some(reason), _) if may_be_seen(&reason.to_string()) => reason.to_string(),
        (None, Some(ContextValue::Strings(valid))) if !valid.is_empty() => {
            format!("must be one of {}", valid.join(", "))
        }
        (None, _) if value.is_empty() => "the value is missing".to_owned(),
        (_, _) => "the value is not valid".to_owned(),
    };
    match variable {
        Some(variable) => format!("{}={shown}: {reason}", variable.display()),
        None => format!("{arg} is {shown:?}: {reason}"),
    }
}

pub(super) fn missing(error: &Error) -> impl Iterator<Item = String> {
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(missing)) => missing.clone(),
        _ => Vec::new(),
    }
    .into_iter()
}

pub(super) fn describe_missing(documented: &Command, shown: &str) -> String {
    let arg = documented.get_arguments().find(|arg| arg.to_string() == shown);
    let help = arg.and_then(Arg::get_help).map(|help| format!(": {help}")).unwrap_or_default();
    match arg.and_then(Arg::get_env) {
        Some(variable) => format!("{} (or {shown}) is missing{help}", variable.display()),
        None => format!("{shown} is missing{help}"),
    }
}

/// Describes another problem of the command line. An unexpected word is omitted, because it may be a
/// misplaced secret.
pub(super) fn describe_other(error: &Error) -> String {
    let is_positional = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(arg))) => !arg.starts_with('-'),
        (ErrorKind::InvalidSubcommand, _) => true,
        _ => false,
    };
    if is_positional {
        return "an argument is neither a subcommand nor the value of a flag; its text is not shown here"
            .to_owned();
    }
    if error.kind() == ErrorKind::MissingRequiredArgument {
        return format!("{} is missing", missing(error).collect::<Vec<_>>().join(", "));
    }
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Whether a text contains neither a secret nor the login of an address, as in `mqtt://user:password@host`.
pub(super) fn may_be_seen(arg: &Arg, value: &str, text: &str) -> bool {
    let login = value.rsplit_once('@').map(|(login, _)| login);
    let password = login.and_then(|login| login.rsplit([':', '/']).next()).unwrap_or_default();
    !is_secret(arg) && !text.contains('@') && (password.is_empty() || !text.contains(password))
}

/// Whether the value of a setting must not be printed.
pub(crate) fn is_secret(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == TypeId::of::<Secret>()
}

/// Describes the secrets on the command line, which all users of the machine can see.
pub(super) fn exposed_secrets(
    documented: &Command,
    matches: &ArgMatches,
) -> impl Iterator<Item = String> {
    let is_exposed = |arg: &&Arg| {
        is_secret(arg)
            && matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine)
    };
    documented.get_arguments().filter(is_exposed).map(|arg| {
        let instead = match arg.get_env().map(OsStr::display) {
            Some(variable) => format!("set {variable}, or {variable}_FILE to the path of a file"),
            None => {
                "give this setting a variable with `env` in the code of the connector".to_owned()
            }
        };
        format!(
            "{arg} is a secret, and every user of the machine can see the command line: {instead}"
        )
    })
}
