//! Reports about settings: every fault at once, each with the name of its variable.

use std::{
    any::TypeId,
    ffi::{OsStr, OsString},
    fmt,
};

use clap::{
    Arg, ArgMatches, Command, Error,
    builder::OsStringValueParser,
    error::{ContextKind, ContextValue, ErrorKind},
    parser::ValueSource,
};

use super::{Environment, Secret};
use crate::{causes::Causes, log::text::one_line};

/// Why the connector does not start.
#[derive(Debug)]
pub(crate) enum Exit {
    /// The user asked for the help or the version, and here it is.
    Asked(Error),
    /// The settings cannot be used.
    Faults(Vec<String>),
    /// What was asked for did not work.
    Failed(crate::Error),
}

impl From<crate::Error> for Exit {
    fn from(error: crate::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Error> for Exit {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Self::Asked(error),
            _ => Self::Faults(vec![describe_other(&error)]),
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked(text) => text.render().fmt(f),
            Self::Faults(faults) => {
                writeln!(f, "The connector cannot start with these settings:")?;
                faults.iter().try_for_each(|fault| writeln!(f, "  - {}", one_line(fault)))?;
                f.write_str("Try --help for all settings.")
            }
            Self::Failed(error) => write!(f, "error: {}", Causes(error)),
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
        let error =
            match command.clone().try_get_matches_from(arguments) {
                Ok(matches) => {
                    faults.extend(exposed_secrets(&documented, &matches));
                    faults.extend(matches.subcommand_name().map(|name| {
                        format!("`{name}` must be the first argument, before all flags")
                    }));
                    return if faults.is_empty() { Ok(matches) } else { Err(Exit::Faults(faults)) };
                }
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
            faults.push(describe_other(&error));
            return Err(Exit::Faults(faults));
        };
        let fault = describe(&error, arg, environment);
        if faults.contains(&fault) {
            return Err(Exit::Faults(faults));
        }
        faults.push(fault);
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
    let shown = if may_be_seen(arg, value, value) { &format!("{value:.60}") } else { "***" };
    let variable = arg.get_env().filter(|variable| {
        let set = environment.get(variable).and_then(OsStr::to_str);
        set.is_some_and(|set| arg.get_value_delimiter().is_some() || set == value)
    });
    let reason = match (std::error::Error::source(error), error.get(ContextKind::ValidValue)) {
        (Some(reason), _) if may_be_seen(arg, value, &reason.to_string()) => reason.to_string(),
        (None, Some(ContextValue::Strings(valid))) if !valid.is_empty() => {
            format!("use one of {}", valid.join(", "))
        }
        (None, _) if value.is_empty() => "a value is missing".to_owned(),
        (_, _) => "it is not valid".to_owned(),
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

/// What is wrong with the command line, without what may be a value in the wrong place.
fn describe_other(error: &Error) -> String {
    let is_positional = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(arg))) => !arg.starts_with('-'),
        (ErrorKind::InvalidSubcommand, _) => true,
        _ => false,
    };
    if is_positional {
        return "there is an argument that is no command and belongs to no flag; it is not shown here"
            .to_owned();
    }
    if error.kind() == ErrorKind::MissingRequiredArgument {
        return format!("{} is missing", missing(error).collect::<Vec<_>>().join(", "));
    }
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Whether a text shows neither a secret nor a login that is part of a value, as in
/// `mqtt://user:password@host`.
fn may_be_seen(arg: &Arg, value: &str, text: &str) -> bool {
    let login = value.rsplit_once('@').map(|(login, _)| login);
    let password = login.and_then(|login| login.rsplit([':', '/']).next()).unwrap_or_default();
    !is_secret(arg) && !text.contains('@') && (password.is_empty() || !text.contains(password))
}

/// Whether the value of a setting must not be seen.
pub(crate) fn is_secret(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == TypeId::of::<Secret>()
}

/// The command line of a process can be seen by all users of the machine.
fn exposed_secrets(documented: &Command, matches: &ArgMatches) -> impl Iterator<Item = String> {
    let is_exposed = |arg: &&Arg| {
        is_secret(arg)
            && matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine)
    };
    documented.get_arguments().filter(is_exposed).map(|arg| {
        let instead = match arg.get_env().map(OsStr::display) {
            Some(variable) => format!("set {variable}, or {variable}_FILE to the path of a file"),
            None => "its author has to give it a variable, with `env`".to_owned(),
        };
        format!(
            "{arg} is on the command line, where every user of the machine can see it: {instead}"
        )
    })
}
