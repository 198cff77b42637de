//! Execution of subcommands, until they are done or receive a signal, and their output.

use std::{
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use tokio::{sync::mpsc, time::timeout};

use crate::{
    cli::{
        around::Around,
        tap::{Tap, Tapped},
    },
    connector::Connector,
    error::{Error, Result, isolated},
    runtime::{device_alone, signals},
    settings::{BusSettings, Exit},
    system::thread,
    telemetry::log::{self, Console, Logs},
};

/// The number of threads of a subcommand. The device part may block some of them.
const THREADS: usize = 4;

/// Runs a future that calls the device part. SIGTERM and Ctrl-C end it, with exit code 0.
pub(crate) fn block_on<F>(work: F) -> Result<ExitCode, Exit>
where
    F: Future<Output = Result<ExitCode, Exit>> + Send + 'static,
{
    // A task of its own, because the device part may block its thread.
    drive(async { tokio::spawn(work).await.map_err(Error::from)? })
}

/// Runs a function on the raw messages of the device. Meanwhile a session with the device is kept open,
/// and log messages are printed to stderr.
pub(crate) fn with_device<C: Connector>(
    connector: C,
    settings: &BusSettings,
    work: impl AsyncFnOnce(&C, mpsc::Receiver<Tapped<C::Raw>>) -> Result<ExitCode>,
) -> Result<ExitCode, Exit> {
    let logs = Logs::new(settings.debug);
    let _last_lines = log::init(&logs, Console::Stderr).context(log::CANNOT_PRINT)?;
    let around = Around { connector, with: Tap::default() };
    let messages = around.with.messages();
    let done = drive(logs.clone().collect(async {
        let (device, _tasks) = device_alone(around, settings, &logs)?;
        Ok(work(&device.connector.connector, messages).await?)
    }));
    logs.report_all_held_back();
    done
}

fn drive(work: impl Future<Output = Result<ExitCode, Exit>>) -> Result<ExitCode, Exit> {
    let runtime = thread::runtime(THREADS).context("cannot start the threads")?;
    let done = runtime.block_on(async {
        tokio::select! {
            done = work => done,
            _ = signals::first() => Ok(ExitCode::SUCCESS),
        }
    });
    // A blocking call of the device part must not delay the end of the program.
    runtime.shutdown_background();
    done
}

/// Calls a function of the device part, with a time limit.
pub(crate) async fn within<T>(limit: Duration, call: impl Future<Output = Result<T>>) -> Result<T> {
    let outcome = timeout(limit, isolated(call)).await;
    outcome.unwrap_or_else(|_| anyhow::bail!("did not return within {limit:?}"))
}

/// Prints a line to stderr. Nobody may read it, and then there is no other place to report that.
pub(crate) fn note(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints the output of a subcommand. The reader may close the pipe early, as `head` does.
pub(crate) fn print(text: impl AsRef<[u8]>) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_ref()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
