//! Measures a connector compared with two minimal clients: packets encoded by hand, and bare `rumqttc`. Each
//! runs in its own process, between the same device and the same broker.
//!
//! ```sh
//! cargo run --release --example bench -- --json figures.json --plot growth.svg
//! ```
//!
//! Without `--broker HOST:PORT` it starts its own mosquitto, whose queues have no limit. Configure another
//! broker with `max_queued_messages 0` or its equivalent; messages retained below `bench-..` stay there.
//! `--peer COMMAND` also measures any other connector, which gets the broker as `MQTT_BROKER_HOST` and
//! `MQTT_BROKER_PORT`, and its name as `CONNECTOR_NAME`. It connects to `DEVICE_ADDR`, which sends JSON
//! lines.

mod broker;
mod bus;
mod device;
mod figures;
mod measure;
mod plant;
mod plot;
mod process;
mod programs;
mod run;

use std::{env, path::PathBuf};

use clap::Parser;
use connector_runtime::prelude::*;

use crate::{
    broker::Broker,
    figures::{Figure, Table},
    measure::Effort,
    process::ROLE,
};

/// Measures a connector compared with bare rumqttc and hand-encoded packets.
#[derive(Parser)]
struct Options {
    /// The broker to use; without it, a mosquitto is started.
    #[arg(long, value_name = "HOST:PORT")]
    broker: Option<String>,
    /// Where to write the figures as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Where to draw how the cost grows, as SVG.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Fewer and shorter rounds: done within 40 s.
    #[arg(long)]
    quick: bool,
    /// Another connector to measure, by the shell.
    #[arg(long, value_name = "COMMAND")]
    peer: Option<String>,
}

fn main() -> ExitCode {
    if let Some(role) = env::var(ROLE).ok().filter(|role| !role.is_empty()) {
        return programs::run(&role);
    }
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let broker =
        options.broker.clone().map_or_else(Broker::own, |given| Ok(Broker::given(given)))?;
    if !broker.is_own() {
        eprintln!(
            "values may be missing unless the broker's queues are as long as its own choice allows"
        );
    }
    let figures = measure(options, &broker)?;
    println!("{}", Table(&figures));
    if let Some(file) = &options.json {
        figures::write(file, &figures)?;
    }
    if let Some(file) = &options.plot {
        plot::write(file, &figures)?;
    }
    Ok(())
}

fn measure(options: &Options, broker: &Broker) -> Result<Vec<Figure>> {
    let effort = if options.quick { Effort::quick() } else { Effort::full() };
    let mut figures = measure::values(broker, &effort)?;
    figures.extend(measure::latency(broker, &effort)?);
    figures.extend(measure::idle(broker, &effort)?);
    figures.extend(measure::known(broker, &effort)?);
    if !effort.is_quick {
        figures.extend(measure::many(broker)?);
    }
    if !effort.is_quick || options.plot.is_some() {
        figures.extend(measure::growth(broker, &effort)?);
    }
    if let Some(command) = &options.peer {
        figures.extend(measure::peer(broker, &effort, command)?);
    }
    Ok(figures)
}
