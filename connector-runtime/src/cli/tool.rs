//! Subcommands other than `run`, and how they read their arguments and the settings.

use std::{ffi::OsString, process::ExitCode};

use clap::{Args, Command};

use crate::{
    cli::{placeholders, work},
    connector::Connector,
    settings::{self, BusSettings, Environment, Exit, Read},
};

/// The broker's host if it is neither set nor needed: a name that never resolves (RFC 6761).
pub(super) const NOWHERE: &str = "broker.invalid";

/// A subcommand other than `run`, with its arguments. Their ids begin with `tool-`, so that they differ
/// from those of all settings.
pub(crate) trait Tool: Args {
    /// Its name on the command line.
    const NAME: &'static str;
    /// A description in one line, for the help.
    const ABOUT: &'static str;
    /// Whether `MQTT_BROKER_HOST` is required.
    const NEEDS_BROKER: bool;

    /// Runs the subcommand.
    fn run<C: Connector>(call: &Call<'_>) -> Result<ExitCode, Exit>;
}

/// The call of a subcommand.
pub(crate) struct Call<'a> {
    /// Its name, and the arguments that follow.
    pub(crate) arguments: &'a [OsString],
    pub(crate) environment: &'a Environment,
    /// The command line of the whole program.
    pub(crate) program: fn() -> Command,
}

impl Call<'_> {
    /// Reads the arguments of the subcommand, and the settings.
    pub(crate) fn read<C: Connector, T: Tool>(&self) -> Result<(T, Read<C>), Exit> {
        let command = command::<C, T>();
        let (read, tool) = settings::read_with(command, self.arguments, self.environment)?;
        Ok((tool, read))
    }

    /// Like [`read`](Self::read), for a subcommand that does not connect to the device. Missing settings
    /// of the device get made-up values, and a note is printed.
    pub(crate) fn read_without_device<C: Connector, T: Tool>(&self) -> Result<(T, Read<C>), Exit> {
        let command = command::<C, T>();
        let (command, names) = placeholders::fill(command, self.arguments, self.environment)?;
        let (read, tool) = settings::read_with(command, self.arguments, self.environment)?;
        if !names.is_empty() {
            work::note(format_args!(
                "using made-up values for {}: set them as flags if the datapoints depend on them",
                names.join(", ")
            ));
        }
        Ok((tool, read))
    }

    /// Reads the arguments of the subcommand, and the settings of the bus only.
    pub(crate) fn read_bus<C: Connector, T: Tool>(&self) -> Result<(T, BusSettings), Exit> {
        let command = command::<C, T>();
        let (settings, tool) = settings::read_bus(command, self.arguments, self.environment)?;
        Ok((tool, settings))
    }

    /// Reads the arguments of the subcommand only.
    pub(crate) fn read_arguments<C: Connector, T: Tool>(&self) -> Result<T, Exit> {
        let matches = own_command::<C, T>().try_get_matches_from(self.arguments);
        Ok(matches.and_then(|matches| T::from_arg_matches(&matches))?)
    }
}

/// The command line of a subcommand without settings.
pub(super) fn own_command<C: Connector, T: Tool>() -> Command {
    let command = T::augment_args(Command::new(T::NAME)).about(T::ABOUT).long_about(None);
    command.bin_name(format!("{} {}", C::NAME, T::NAME))
}

/// The command line of a subcommand: its own arguments, and all settings. If both have the same flag,
/// that of the setting gets the prefix `setting-`.
pub(super) fn command<C: Connector, T: Tool>() -> Command {
    let own = own_command::<C, T>();
    let settings = settings::with_settings::<C>(Command::new(T::NAME));
    let settings = settings.get_arguments().cloned().map(|arg| {
        let flag = arg.get_long().unwrap_or_default().to_owned();
        let is_taken = own.get_arguments().any(|own| own.get_long() == Some(&flag));
        let is_host = !T::NEEDS_BROKER && arg.get_id() == "mqtt_broker_host";
        let arg = if is_taken { arg.long(format!("setting-{flag}")) } else { arg };
        if is_host {
            arg.required(false).default_value(NOWHERE).hide_default_value(true)
        } else {
            arg
        }
    });
    let settings: Vec<_> = settings.collect();
    own.args(settings).after_help(settings::AFTER_HELP)
}
