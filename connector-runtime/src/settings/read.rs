//! Parsing of the command line and the environment.

use std::ffi::OsString;

use clap::{
    Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, builder::Resettable,
    parser::ValueSource,
};

use crate::settings::{
    bus::{BusSettings, PORT_WITH_TLS},
    environment::Environment,
    exit::Exit,
    identity::ConnectorSettings,
    report, shown,
};

/// The text at the end of the help.
pub(crate) const AFTER_HELP: &str = "Instead of a variable NAME you can set NAME_FILE to the path of a file that contains the value.";

/// A connector and its settings, with warnings to log.
#[derive(Debug)]
pub(crate) struct Read<C> {
    pub(crate) connector: C,
    pub(crate) settings: BusSettings,
    pub(crate) warnings: Vec<String>,
}

/// Reads the settings of a connector and of the bus. Reports all problems together.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn read<C: ConnectorSettings>(
    arguments: impl IntoIterator<Item = OsString>,
    environment: &Environment,
) -> Result<Read<C>, Exit> {
    let arguments: Vec<_> = arguments.into_iter().collect();
    read_with::<C, Nothing>(command::<C>(), &arguments, environment).map(|(read, Nothing {})| read)
}

/// The arguments of a subcommand that has none of its own.
#[derive(Args)]
pub(crate) struct Nothing {}

/// Reads the settings and the arguments of a subcommand; `command` contains both.
pub(crate) fn read_with<C: ConnectorSettings, T: Args>(
    command: Command,
    arguments: &[OsString],
    environment: &Environment,
) -> Result<(Read<C>, T), Exit> {
    let environment = &environment.with_files(command.get_arguments());
    let mut matches = parse(command, arguments, environment)?;
    let tool = extract(&mut matches)?;
    Ok((settings_of(matches, environment)?, tool))
}

/// Like [`read_with`], but reads only the settings of the bus, and requires none.
pub(crate) fn read_bus<T: Args>(
    command: Command,
    arguments: &[OsString],
    environment: &Environment,
) -> Result<(BusSettings, T), Exit> {
    let command = command.mut_args(|arg| arg.required(false));
    let environment = &environment.with_files(command.get_arguments());
    let mut matches = parse(command, arguments, environment)?;
    Ok((extract(&mut matches)?, extract(&mut matches)?))
}

fn parse(
    command: Command,
    arguments: &[OsString],
    environment: &Environment,
) -> Result<ArgMatches, Exit> {
    let documented = command.clone().mut_args(|arg| arg.hide_env_values(true));
    let command = from_environment(command, environment);
    report::matches(&documented, command, arguments, environment)
}

/// Returns the command with the values of variables as defaults.
pub(crate) fn from_environment(command: Command, environment: &Environment) -> Command {
    command.mut_args(|arg| take_from(environment, arg))
}

fn settings_of<C: ConnectorSettings>(
    mut matches: ArgMatches,
    environment: &Environment,
) -> Result<Read<C>, Exit> {
    let mut warnings = unclear_switches(&matches, environment);
    let is_set = |variable: &str, id| {
        environment.get(variable.as_ref()).is_some()
            || matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    let has_port = is_set("MQTT_BROKER_PORT", "mqtt_broker_port");
    if !is_set("CONNECTOR_NAME", "connector_name") {
        let name = C::NAME;
        warnings.push(format!(
            "CONNECTOR_NAME is not set, so it is {name}: a second instance would use the same topics"
        ));
    }
    let (connector, mut settings) = (extract(&mut matches)?, extract::<BusSettings>(&mut matches)?);
    if settings.mqtt_tls && !has_port {
        settings.mqtt_broker_port = PORT_WITH_TLS;
    }
    if settings.mqtt_username.is_empty() && !settings.mqtt_password.expose().is_empty() {
        warnings.push("MQTT_PASSWORD is ignored, because MQTT_USERNAME is not set".to_owned());
    }
    Ok(Read { connector, settings, warnings })
}

fn unclear_switches(matches: &ArgMatches, environment: &Environment) -> Vec<String> {
    let switches = [("SEND_RAW_MESSAGE_TO_DB", "send_raw_message_to_db"), ("DEBUG", "debug")];
    let values = switches.into_iter().flat_map(|(variable, id)| {
        let values = matches.get_raw(id).into_iter().flatten();
        values.map(move |value| (variable, value.to_string_lossy()))
    });
    let is_clear =
        |value: &str| ["TRUE", "FALSE", ""].contains(&value.trim().to_uppercase().as_str());
    values
        .filter(|(_, value)| !is_clear(value))
        .map(|(variable, value)| {
            let is_secret = environment.is_in_file(variable.as_ref());
            let value = if is_secret { "***".into() } else { shown::value(&value) };
            format!("{variable}={value} counts as FALSE: set it to TRUE or FALSE")
        })
        .collect()
}

fn extract<T: FromArgMatches>(matches: &mut ArgMatches) -> Result<T, Exit> {
    T::from_arg_matches_mut(matches).map_err(|error| Exit::Faults(vec![error.to_string()]))
}

/// The command line of `run`: all settings, by group.
pub(crate) fn command<C: ConnectorSettings>() -> Command {
    with_settings::<C>(Command::new(C::NAME)).about(C::ABOUT).long_about(None).version(C::VERSION)
}

/// Adds the settings of the connector and of the bus to a command.
pub(crate) fn with_settings<C: ConnectorSettings>(command: Command) -> Command {
    let command = C::augment_args(command.next_help_heading("Device"));
    BusSettings::augment_args(command.next_help_heading("Bus")).after_help(AFTER_HELP).mut_args(
        |arg| match arg.get_id().as_str() {
            "connector_name" => arg.required(false).default_value(C::NAME),
            _ => arg,
        },
    )
}

/// Replaces the default of an argument by the value of its variable, unless that is empty.
fn take_from(environment: &Environment, arg: Arg) -> Arg {
    let value = arg.get_env().and_then(|variable| environment.get(variable));
    let Some(value) = value.map(|value| value.to_string_lossy().into_owned()) else {
        return arg.env(Resettable::Reset);
    };
    let values = match (arg.get_action(), arg.get_value_delimiter()) {
        (ArgAction::SetTrue | ArgAction::SetFalse, _) => vec![is_truthy(&value).to_string()],
        (_, Some(delimiter)) => value.split(delimiter).map(str::to_owned).collect(),
        _ => vec![value],
    };
    arg.env(Resettable::Reset).required(false).default_values(values)
}

/// Whether a variable enables a flag, by the same words as in clap.
fn is_truthy(value: &str) -> bool {
    !matches!(value.trim().to_ascii_lowercase().as_str(), "n" | "no" | "f" | "false" | "off" | "0")
}
