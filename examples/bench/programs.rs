//! The measured programs. Each receives lines from the device, publishes their values, and sends commands to
//! the device as lines.

pub(crate) mod bare;
pub(crate) mod ceiling;
mod connectors;
mod many;

use std::{env, process::ExitCode};

use connector_runtime::Result;

/// Runs in this role.
pub(crate) fn run(role: &str) -> ExitCode {
    match role {
        "typed" => connectors::typed(),
        "dynamic" => connectors::dynamic(),
        "bare" => code(bare::run()),
        "ceiling" => code(ceiling::run()),
        "many" => code(many::run()),
        _ => {
            eprintln!("there is no role {role}");
            ExitCode::FAILURE
        }
    }
}

fn code(ended: Result<()>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A setting of the programs other than connectors.
fn setting(name: &str) -> Result<String> {
    use connector_runtime::prelude::Context;
    env::var(name).with_context(|| format!("{name} is not set"))
}
