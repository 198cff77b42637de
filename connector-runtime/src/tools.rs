//! What the program of a connector can do: `run`, and the tools for its author and its operator.

mod check;
mod completions;
mod describe;
mod healthcheck;
mod once;
mod placeholders;
mod record;
mod replay;
mod send;
mod simulate;
pub(crate) mod work;

use std::{ffi::OsString, process::ExitCode};

use clap::{Args, Command};

use self::{
    check::Check, completions::Completions, describe::Describe, healthcheck::Healthcheck,
    once::Once, record::Record, replay::Replay, send::Send, simulate::Simulate,
};
use crate::{
    BusSettings, Connector, run,
    settings::{self, Environment, Exit, Nothing, Read},
};

/// The broker's host where it is not set and need not be: a name that never exists (RFC 6761).
const NOWHERE: &str = "broker.invalid";

/// What is done where no command is given, too.
const RUN: &str = "run";

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

/// A tool in the list of all.
struct Entry {
    name: &'static str,
    about: &'static str,
    /// Its command line.
    command: fn() -> Command,
    run: fn(&Call<'_>) -> Result<ExitCode, Exit>,
}

impl Entry {
    const fn of<C: Connector, T: Tool>() -> Self {
        Self { name: T::NAME, about: T::ABOUT, command: command::<C, T>, run: T::run::<C> }
    }
}

/// In the order of the help.
fn all<C: Connector>() -> Vec<Entry> {
    vec![
        Entry::of::<C, Check>(),
        Entry::of::<C, Describe>(),
        Entry::of::<C, Once>(),
        Entry::of::<C, Send>(),
        Entry::of::<C, Record>(),
        Entry::of::<C, Replay>(),
        Entry::of::<C, Simulate>(),
        Entry::of::<C, Healthcheck>(),
        Entry::of::<C, Completions>(),
    ]
}

/// Does what the command line asks for. Without the name of a tool that is to run.
pub(crate) fn start<C: Connector>(
    arguments: &[OsString],
    environment: &Environment,
) -> Result<ExitCode, Exit> {
    let name = arguments.get(1).and_then(|name| name.to_str());
    if let Some(tool) = all::<C>().into_iter().find(|tool| Some(tool.name) == name) {
        return (tool.run)(&Call { arguments: &arguments[1..], environment });
    }
    let skipped = usize::from(name == Some(RUN));
    let stub = |tool: Entry| Command::new(tool.name).about(tool.about);
    let command = program::<C>(all::<C>().into_iter().map(stub));
    let read = settings::read_with(command, &arguments[skipped..], environment)?;
    let (read, Nothing {}) = read;
    run::until_stopped::<C>(read, environment)
}

/// The command line of a connector, with these commands beside `run`.
fn program<C: Connector>(tools: impl Iterator<Item = Command>) -> Command {
    let run = Command::new(RUN).about("Runs the connector. This is the default");
    let name = C::NAME;
    settings::command::<C>()
        .override_usage(format!("{name} [run] [OPTIONS]\n       {name} <COMMAND> [OPTIONS]"))
        .disable_help_subcommand(true)
        .subcommand(run)
        .subcommands(tools)
}

/// The command line of a tool without settings.
fn own_command<C: Connector, T: Tool>() -> Command {
    let command = T::augment_args(Command::new(T::NAME)).about(T::ABOUT).long_about(None);
    command.bin_name(format!("{} {}", C::NAME, T::NAME))
}

/// The command line of a tool: its own arguments, and all settings. Where both have the same flag it is the
/// tool's, and that of the setting begins with `setting-`.
fn command<C: Connector, T: Tool>() -> Command {
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
