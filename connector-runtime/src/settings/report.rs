//! Reports about settings: every fault at once, each with the name of its variable.

use std::{
    ffi::{OsStr, OsString},
    fmt,
};

use clap::{
    Arg, ArgMatches, Command, Error,
    builder::OsStringValueParser,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::Environment;

/// Why the connector does not start.
#[derive(Debug)]
pub(crate) enum Exit {
    /// The user asked for the help or the version, and here it is.
    Asked(Error),
    /// The settings cannot be used.
    Faults(Vec<String>),
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked(text) => text.render().fmt(f),
            Self::Faults(faults) => {
                writeln!(f, "The connector cannot start with these settings:")?;
                faults.iter().try_for_each(|fault| writeln!(f, "  - {fault}"))?;
                f.write_str("Try --help for all settings.")
            }
        }
    }
}

/// Parses the arguments; `documented` is the command as `--help` shows it.
pub(super) fn matches(
    documented: &Command,
    mut command: Command,
    arguments: &[OsString],
    environment: &Environment,
) -> Result<ArgMatches, Exit> {
    let mut faults = environment.faults.clone();
    let mut documented = documented.clone();
    documented.build();
    loop {
        let error = match command.clone().try_get_matches_from(arguments) {
            Ok(matches) if faults.is_empty() => return Ok(matches),
            Ok(_) => return Err(Exit::Faults(faults)),
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                let shown = documented.clone().try_get_matches_from(arguments).err();
                return Err(Exit::Asked(shown.unwrap_or(error)));
            }
            ErrorKind::MissingRequiredArgument => {
                faults.extend(missing(&error).map(|name| describe_missing(&documented, &name)));
                return Err(Exit::Faults(faults));
            }
            _ => {}
        }
        let Some(arg) = culprit(&error, &documented) else {
            faults.push(first_line(&error));
            return Err(Exit::Faults(faults));
        };
        faults.push(describe(&error, arg, environment));
        // With this value accepted as it is, the next fault comes to light.
        command = command.mut_arg(arg.get_id(), |arg| arg.value_parser(OsStringValueParser::new()));
    }
}

/// The argument whose value is wrong.
fn culprit<'a>(error: &Error, documented: &'a Command) -> Option<&'a Arg> {
    if !matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue) {
        return None;
    }
    let ContextValue::String(shown) = error.get(ContextKind::InvalidArg)? else { return None };
    documented.get_arguments().find(|arg| &arg.to_string() == shown)
}

fn describe(error: &Error, arg: &Arg, environment: &Environment) -> String {
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => value.as_str(),
        _ => "",
    };
    // It may be an address with a login.
    let shown = if value.contains('@') { "***" } else { &format!("{value:.60}") };
    let variable = arg.get_env().filter(|variable| {
        let set = environment.get(variable).and_then(OsStr::to_str);
        set.is_some_and(|set| arg.get_value_delimiter().is_some() || set == value)
    });
    let reason = match (std::error::Error::source(error), error.get(ContextKind::ValidValue)) {
        (Some(reason), _) => reason.to_string(),
        (None, Some(ContextValue::Strings(valid))) => format!("use one of {}", valid.join(", ")),
        (None, _) if value.is_empty() => "a value is missing".to_owned(),
        (None, _) => "it is not valid".to_owned(),
    };
    match variable {
        Some(variable) => format!("{}={shown}: {reason}", variable.display()),
        None => format!("{arg} is {shown:?}: {reason}"),
    }
}

fn missing(error: &Error) -> impl Iterator<Item = String> {
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(missing)) => missing.clone(),
        _ => Vec::new(),
    }
    .into_iter()
}

fn describe_missing(documented: &Command, shown: &str) -> String {
    let arg = documented.get_arguments().find(|arg| arg.to_string() == shown);
    let help = arg.and_then(Arg::get_help).map(|help| format!(": {help}")).unwrap_or_default();
    match arg.and_then(Arg::get_env) {
        Some(variable) => format!("{} (or {shown}) is missing{help}", variable.display()),
        None => format!("{shown} is missing{help}"),
    }
}

fn first_line(error: &Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
