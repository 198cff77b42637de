//! The `main` of a connector's program.

use std::{env, process::ExitCode, sync::mpsc, thread, time::Duration};

use anyhow::Context;

use crate::{
    cli::{program, work::note},
    connector::Connector,
    runtime::signals,
    settings::{EXIT_CONFIG, Environment, Exit},
};

/// How long the program waits until the reason of its end is printed.
const LAST_WORDS: Duration = Duration::from_secs(1);

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
            print(exit);
            ExitCode::from(EXIT_CONFIG)
        }
        Exit::Failed(_) => {
            print(exit);
            ExitCode::FAILURE
        }
    }
}

/// Prints why the program ends, which it does even if nobody reads stderr.
fn print(exit: &Exit) {
    let (printed, is_printed) = mpsc::channel();
    let text = exit.to_string();
    let printing = thread::Builder::new().spawn(move || {
        note(text);
        // The program may not wait any more.
        let _ = printed.send(());
    });
    match printing {
        Ok(_) => drop(is_printed.recv_timeout(LAST_WORDS)),
        // There are no threads, which may be the reason.
        Err(_) => note(exit),
    }
}
