//! The `main` of a connector's program.

use std::{env, process::ExitCode};

use anyhow::Context;

use crate::{
    cli::{program, work},
    connector::Connector,
    runtime::signals,
    settings::{EXIT_CONFIG, Environment, Exit},
};

/// Runs a connector as the `main` of a program: reads its settings, connects to the broker and runs until
/// SIGTERM, SIGINT or SIGHUP.
///
/// The first argument can be a [subcommand](crate::guide::tools), such as `check`; the default is `run`.
///
/// The exit code is 0 after a signal, 78 if the settings are invalid, and 1 if the system denies a basic
/// resource, such as threads. Nothing else stops the connector. Methods of the device part may fail,
/// panic or block. A method that blocks occupies its thread; there is one thread for each source and each
/// actuator, but at least 4 and at most 32.
///
/// ```no_run
/// use connector_runtime::prelude::*;
///
/// /// A thermometer.
/// #[connector]
/// struct Thermometer {}
///
/// # impl Connector for Thermometer {
/// #     type Session = ();
/// #     type Raw = String;
/// #     type Readings = ();
/// #     fn sources(&self) -> Vec<Source> { vec![] }
/// #     async fn connect(&self) -> Result<()> { Ok(()) }
/// #     async fn receive(&self, (): &(), _: usize) -> Result<Option<String>> { Ok(None) }
/// #     fn parse(&self, _: &String) -> Result<Option<()>> { Ok(None) }
/// # }
/// // #[connector] impl Thermometer { .. }
///
/// fn main() -> ExitCode {
///     connector_runtime::main::<Thermometer>()
/// }
/// ```
#[must_use]
pub fn main<C: Connector>() -> ExitCode {
    start::<C>().unwrap_or_else(|exit| leave(&exit))
}

fn start<C: Connector>() -> Result<ExitCode, Exit> {
    // First of all: a signal that arrives earlier kills the process.
    signals::listen().context("cannot receive signals")?;
    let (arguments, environment): (Vec<_>, _) =
        (env::args_os().collect(), Environment::of_process());
    program::start::<C>(&arguments, &environment)
}

fn leave(exit: &Exit) -> ExitCode {
    match exit {
        Exit::Asked(text) => {
            let _ = text.print();
            ExitCode::SUCCESS
        }
        Exit::Faults(_) => {
            work::note(exit);
            ExitCode::from(EXIT_CONFIG)
        }
        Exit::Failed(_) => {
            work::note(exit);
            ExitCode::FAILURE
        }
    }
}
