//! Made-up values for required settings of the device, for subcommands that do not connect to it.

use std::ffi::OsString;

use anyhow::anyhow;
use clap::{
    Arg, Command,
    builder::{OsStringValueParser, Resettable},
};

use crate::{error::Result, settings::Environment};

/// Values for the most common settings: addresses, numbers, JSON and text.
const CANDIDATES: [&str; 9] = [
    "localhost:1",
    "127.0.0.1:1",
    "http://localhost",
    "localhost",
    "1",
    "{}",
    "[]",
    "TRUE",
    "example",
];

/// Gives each missing required setting of the device a valid default. Also returns the flags of these
/// settings.
pub(super) fn fill(
    command: Command,
    arguments: &[OsString],
    environment: &Environment,
) -> Result<(Command, Vec<String>)> {
    let environment = environment.with_files(command.get_arguments());
    let lenient = command.clone().mut_args(|arg| {
        let takes_values = arg.get_action().takes_values();
        let arg = arg.required(false).env(Resettable::Reset);
        if takes_values { arg.value_parser(OsStringValueParser::new()) } else { arg }
    });
    // Invalid arguments are reported later, when they are read.
    let given = lenient.try_get_matches_from(arguments).ok();
    let is_given = |arg: &Arg| {
        given.as_ref().is_some_and(|given| given.contains_id(arg.get_id().as_str()))
            || arg.get_env().is_some_and(|name| environment.get(name).is_some())
    };
    let is_of_device =
        |arg: &Arg| arg.get_help_heading().is_some() && arg.get_id() != "mqtt_broker_host";
    let is_missing = |arg: &&Arg| arg.is_required_set() && is_of_device(arg) && !is_given(arg);
    let missing: Vec<_> = command.get_arguments().filter(is_missing).cloned().collect();
    let (mut filled, mut names) = (command, Vec::new());
    for arg in missing {
        let value = accepted(&arg).ok_or_else(|| {
            anyhow!("{arg} is required: this setting accepts none of the made-up values")
        })?;
        names.push(arg.get_long().map_or_else(|| arg.to_string(), |flag| format!("--{flag}")));
        filled = filled.mut_arg(arg.get_id(), |arg| {
            arg.required(false).default_value(value).hide_default_value(true)
        });
    }
    Ok((filled, names))
}

fn accepted(arg: &Arg) -> Option<String> {
    let possible = arg.get_possible_values().into_iter().map(|value| value.get_name().to_owned());
    possible.chain(CANDIDATES.map(str::to_owned)).find(|value| {
        let alone = arg.clone().long("value").env(Resettable::Reset);
        let command = Command::new("placeholder").arg(alone);
        command.try_get_matches_from(["placeholder".to_owned(), format!("--value={value}")]).is_ok()
    })
}
