//! A tool: a command beside `run`, and how it reads its arguments and the settings.

use std::{ffi::OsString, process::ExitCode};

use clap::{Args, Command};

use crate::{
    cli::placeholders,
    connector::Connector,
    settings::{self, BusSettings, Environment, Exit, Read},
};

/// The broker's host where it is not set and need not be: a name that never exists (RFC 6761).
pub(super) const NOWHERE: &str = "broker.invalid";

/// A command beside `run`: its arguments, and what it does with them. The ids of its arguments begin with
/// `tool-`, so that they differ from those of all settings.
pub(crate) trait Tool: Args {
    /// What it is called on the command line.
    const NAME: &'static str;
    /// What it does, in one line.
    const ABOUT: &'static str;
    /// Whether the broker has to be known.
    const NEEDS_BROKER: bool;

    /// Does it.
    fn run<C: Connector>(call: &Call<'_>) -> Result<ExitCode, Exit>;
}

/// How a tool was called.
pub(crate) struct Call<'a> {
    /// Its name, and all that follows.
    pub(crate) arguments: &'a [OsString],
    pub(crate) environment: &'a Environment,
    /// The command line of the whole program.
    pub(crate) program: fn() -> Command,
}

impl Call<'_> {
    /// The tool's arguments, and the settings.
    pub(crate) fn read<C: Connector, T: Tool>(&self) -> Result<(T, Read<C>), Exit> {
        let command = command::<C, T>();
        let (read, tool) = settings::read_with(command, self.arguments, self.environment)?;
        Ok((tool, read))
    }

    /// As [`read`](Self::read), where the device is not spoken to: its settings need not be set.
    pub(crate) fn read_without_device<C: Connector, T: Tool>(&self) -> Result<(T, Read<C>), Exit> {
        let command = command::<C, T>();
        let (command, names) = placeholders::fill(command, self.arguments, self.environment)?;
        let (read, tool) = settings::read_with(command, self.arguments, self.environment)?;
        if !names.is_empty() {
            eprintln!(
                "made-up values stand for {}: if the datapoints depend on them, give them as flags",
                names.join(", ")
            );
        }
        Ok((tool, read))
    }

    /// The tool's arguments and the settings of the bus, where the device is of no interest.
    pub(crate) fn read_bus<C: Connector, T: Tool>(&self) -> Result<(T, BusSettings), Exit> {
        let command = command::<C, T>();
        let (settings, tool) = settings::read_bus(command, self.arguments, self.environment)?;
        Ok((tool, settings))
    }

    /// The tool's arguments, where no setting is of interest.
    pub(crate) fn read_arguments<C: Connector, T: Tool>(&self) -> Result<T, Exit> {
        let matches = own_command::<C, T>().try_get_matches_from(self.arguments);
        Ok(matches.and_then(|matches| T::from_arg_matches(&matches))?)
    }
}

/// The command line of a tool without settings.
pub(super) fn own_command<C: Connector, T: Tool>() -> Command {
    let command = T::augment_args(Command::new(T::NAME)).about(T::ABOUT).long_about(None);
    command.bin_name(format!("{} {}", C::NAME, T::NAME))
}

/// The command line of a tool: its own arguments, and all settings. Where both have the same flag it is the
/// tool's, and that of the setting begins with `setting-`.
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
