//! Reports of invalid settings: all problems at once, each with the name of its variable.

use std::ffi::OsString;

use clap::{ArgMatches, Command, builder::OsStringValueParser, error::ErrorKind};

use crate::settings::{
    environment::Environment,
    exit::Exit,
    fault::{culprit, describe, describe_missing, describe_other, exposed_secrets, missing},
};

/// Parses the arguments. `documented` is the command as `--help` prints it.
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
        // Accepts this value, to find the next fault.
        command = command.mut_arg(arg.get_id(), |arg| arg.value_parser(OsStringValueParser::new()));
    }
}
