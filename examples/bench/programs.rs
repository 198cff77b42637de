//! The measured programs. Each receives lines from the device, publishes their values, and sends commands to
//! the device as lines.

pub(crate) mod bare;
pub(crate) mod ceiling;
mod connectors;
mod many;
mod setting;

use std::process::ExitCode;

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
