//! `completions`: prints a completion script for a shell.

use std::process::ExitCode;

use clap::Args;
use clap_complete::{Shell, generate};

use crate::{
    cli::{
        tool::{Call, Tool},
        work,
    },
    connector::Connector,
    settings::Exit,
};

/// The arguments of `completions`.
#[derive(Args)]
pub(crate) struct Completions {
    /// Shell to print the script for.
    #[arg(id = "tool-shell", value_name = "SHELL")]
    shell: Shell,
}

impl Tool for Completions {
    const NAME: &'static str = "completions";
    const ABOUT: &'static str = "Prints a completion script for a shell";
    const NEEDS_BROKER: bool = false;

    fn run<C: Connector>(call: &Call<'_>) -> Result<ExitCode, Exit> {
        let Self { shell } = call.read_arguments::<C, Self>()?;
        let mut program = (call.program)();
        let mut script = Vec::new();
        generate(shell, &mut program, C::NAME, &mut script);
        work::print(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
