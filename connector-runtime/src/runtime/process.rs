//! A connector as a process: its threads, its signals.

use std::process::ExitCode;

use anyhow::Context;
use tokio::runtime::{Builder, Runtime};

use crate::{
    connector::Connector,
    error::isolated_call,
    runtime::{run::serve, signals::Signals},
    settings::{Environment, Exit, Read},
    telemetry::log::{self, Console, Logs},
};

/// How many threads the device part has: one for each function that might keep its own, within limits.
const FEWEST_THREADS: usize = 4;
const MOST_THREADS: usize = 32;

/// Runs a connector until the system says that it shall stop.
pub(crate) fn until_stopped<C: Connector>(
    read: Read<C>,
    environment: &Environment,
) -> Result<ExitCode, Exit> {
    let Read { connector, settings, warnings } = read;
    let (bus, device) = runtimes(threads(&connector)).context("cannot start")?;
    let logs = Logs::new(settings.debug);
    log::init(&logs, Console::Stdout);
    let running = async {
        let mut signals = Signals::listen()
            .map_err(|error| Exit::Faults(vec![format!("cannot listen to signals: {error}")]))?;
        if let Some(file) = &environment.file {
            tracing::info!("settings were read from {}", file.display());
        }
        for warning in &warnings {
            tracing::warn!("{warning}");
        }
        let stop = async {
            let signal = signals.first().await;
            tracing::info!("{signal} received: the connector stops");
        };
        serve(connector, settings, None, logs.clone(), device.handle(), stop).await
    };
    let ended = bus.block_on(logs.collect(running));
    // A blocking call of the device part must not hold up the end.
    device.shutdown_background();
    ended.map(|()| ExitCode::SUCCESS)
}

/// One thread for the bus, and others for the device part: where that blocks, values, heartbeats and
/// the end do not wait for it.
fn runtimes(device_threads: usize) -> std::io::Result<(Runtime, Runtime)> {
    let bus = Builder::new_current_thread().enable_all().build()?;
    let device = Builder::new_multi_thread().worker_threads(device_threads).enable_all().build()?;
    Ok((bus, device))
}

fn threads(connector: &impl Connector) -> usize {
    let functions = || Ok(connector.sources().len() + connector.actuators().len());
    let functions = isolated_call(functions).unwrap_or_default();
    // Two more to open the session, and for all that does not block.
    (functions + 2).clamp(FEWEST_THREADS, MOST_THREADS)
}
