//! The command line of a program, and the choice of its subcommand.

use std::{ffi::OsString, process::ExitCode};

use clap::Command;

use crate::{
    cli::{
        check::Check,
        completions::Completions,
        describe::Describe,
        healthcheck::Healthcheck,
        once::Once,
        record::Record,
        replay::Replay,
        send::Send,
        simulate::Simulate,
        tool::{self, Call, Tool},
    },
    connector::Connector,
    runtime::until_stopped,
    settings::{self, Environment, Exit, Nothing},
};

/// The default subcommand.
const RUN: &str = "run";

/// A subcommand in the list of all.
struct Entry {
    name: &'static str,
    about: &'static str,
    /// Returns its command line.
    command: fn() -> Command,
    run: fn(&Call<'_>) -> Result<ExitCode, Exit>,
}

impl Entry {
    const fn of<C: Connector, T: Tool>() -> Self {
        Self { name: T::NAME, about: T::ABOUT, command: tool::command::<C, T>, run: T::run::<C> }
    }
}

/// All subcommands except `run`, in the order of the help.
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

/// Runs the subcommand on the command line, by default `run`.
pub(crate) fn start<C: Connector>(
    arguments: &[OsString],
    environment: &Environment,
) -> Result<ExitCode, Exit> {
    let name = arguments.get(1).and_then(|name| name.to_str());
    if let Some(tool) = all::<C>().into_iter().find(|tool| Some(tool.name) == name) {
        let call = Call { arguments: &arguments[1..], environment, program: with_tools::<C> };
        return (tool.run)(&call);
    }
    let skipped = usize::from(name == Some(RUN));
    let stub = |tool: Entry| Command::new(tool.name).about(tool.about);
    let command = program::<C>(all::<C>().into_iter().map(stub));
    let read = settings::read_with(command, &arguments[skipped..], environment)?;
    let (read, Nothing {}) = read;
    until_stopped::<C>(read, environment)
}

/// The command line of a connector, with the arguments of each subcommand.
fn with_tools<C: Connector>() -> Command {
    program::<C>(all::<C>().into_iter().map(|tool| (tool.command)()))
}

/// The command line of a connector, with these subcommands in addition to `run`.
fn program<C: Connector>(tools: impl Iterator<Item = Command>) -> Command {
    let run = Command::new(RUN).about("Runs the connector; the default");
    let name = C::NAME;
    settings::command::<C>()
        .override_usage(format!("{name} [run] [OPTIONS]\n       {name} <SUBCOMMAND> [OPTIONS]"))
        .disable_help_subcommand(true)
        .subcommand_help_heading("Subcommands")
        .subcommand_value_name("SUBCOMMAND")
        .subcommand(run)
        .subcommands(tools)
}
