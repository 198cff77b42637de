//! A connector as a process: its threads and signals.

use std::process::ExitCode;

use anyhow::Context;
use tokio::runtime::Runtime;

use crate::{
    connector::Connector,
    error::isolated_call,
    runtime::{run::serve, signals},
    settings::{Environment, Exit, Read},
    system::thread,
    telemetry::log::{self, Console, Logs},
};

/// The number of threads of the device part: one for each function that might block, within these
/// limits.
const FEWEST_THREADS: usize = 4;
const MOST_THREADS: usize = 32;

/// Runs a connector until the process receives a signal to stop.
pub(crate) fn until_stopped<C: Connector>(
    read: Read<C>,
    environment: &Environment,
) -> Result<ExitCode, Exit> {
    let Read { connector, settings, warnings } = read;
    let (bus, device) = runtimes(threads(&connector)).context("cannot start the threads")?;
    let logs = Logs::new(settings.debug);
    let _last_lines = log::init(&logs, Console::Stdout).context(log::CANNOT_PRINT)?;
    log::log_panics();
    let running = async {
        if let Some(file) = &environment.file {
            tracing::info!("read settings from {}", file.display());
        }
        for warning in &warnings {
            tracing::warn!(limit.subject = &**warning, "{warning}");
        }
        let stop = async {
            let signal = signals::first().await;
            tracing::info!("received {signal}: shutting down");
        };
        serve(connector, settings, None, logs.clone(), device.handle(), stop).await
    };
    let ended = bus.block_on(logs.collect(running));
    // Neither a blocking call of the device part nor one of a library must delay the exit.
    device.shutdown_background();
    bus.shutdown_background();
    ended.map(|()| ExitCode::SUCCESS)
}

/// Creates one thread for the bus and others for the device part, so that a blocked method
/// delays neither values nor heartbeats nor the shutdown.
fn runtimes(device_threads: usize) -> std::io::Result<(Runtime, Runtime)> {
    Ok((thread::current_thread_runtime()?, thread::runtime(device_threads)?))
}

fn threads(connector: &impl Connector) -> usize {
    let functions = || Ok(connector.sources().len() + connector.actuators().len());
    let functions = isolated_call(functions).unwrap_or_default();
    // Two more: for opening the session, and for everything that does not block.
    (functions + 2).clamp(FEWEST_THREADS, MOST_THREADS)
}
