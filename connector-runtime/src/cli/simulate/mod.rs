//! `simulate`: the connector without its device.

mod device;
mod values;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::ensure;
use clap::Args;

use crate::{
    cli::{
        around::Around,
        replay::open,
        simulate::device::{Messages, Simulation},
        tool::{Call, Tool},
    },
    connector::Connector,
    error::Result,
    raw::archive,
    runtime::until_stopped,
    settings::{Exit, Read, value_parser::seconds},
};

/// How often a simulated device says something where its sources do not tell.
const RHYTHM: Duration = Duration::from_secs(1);

/// What the device does.
#[derive(Args)]
pub(crate) struct Simulate {
    /// Raw messages as `record` writes them, one after another and from the beginning again. Without it the
    /// readings are made up, within the ranges that the connector declares.
    #[arg(id = "tool-file", long = "file", value_name = "FILE")]
    file: Option<PathBuf>,
    /// From one message to the next; without it as often as the connector polls, or each second.
    #[arg(id = "tool-every", long = "every", value_name = "SECONDS", value_parser = seconds)]
    every: Option<Duration>,
    /// Now and then a bad message, as a recorded text that is cut, and now and then silence.
    #[arg(id = "tool-faults", long = "faults")]
    faults: bool,
    /// Which faults, and when: the same number gives the same ones.
    #[arg(id = "tool-seed", long = "seed", value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

impl Tool for Simulate {
    const NAME: &'static str = "simulate";
    const ABOUT: &'static str =
        "Runs the connector without its device: with made-up readings, or recorded messages";
    const NEEDS_BROKER: bool = true;

    fn run<C: Connector>(call: &Call<'_>) -> Result<ExitCode, Exit> {
        let (simulate, Read { connector, settings, warnings }) =
            call.read_without_device::<C, Self>()?;
        let simulation = simulate.simulation(&connector)?;
        let connector = Around { connector, with: simulation };
        until_stopped(Read { connector, settings, warnings }, call.environment)
    }
}

impl Simulate {
    fn simulation(self, connector: &impl Connector) -> Result<Simulation> {
        let messages = if let Some(file) = &self.file {
            let mut recording = Vec::new();
            archive::each(open(file)?, |stored| {
                recording.push(stored);
                Ok(())
            })?;
            ensure!(!recording.is_empty(), "there is no raw message in {}", file.display());
            Messages::Recorded(recording)
        } else {
            let sensors = connector.sensors();
            ensure!(
                !sensors.is_empty(),
                "this connector declares no sensors (`#[derive(Datapoints)]`), so no readings can be made up: give a recording with --file"
            );
            Messages::MadeUp(sensors)
        };
        let polls = || connector.sources().iter().filter_map(crate::connector::Source::every).min();
        let every = self.every.or_else(polls).unwrap_or(RHYTHM);
        ensure!(!every.is_zero(), "--every is zero: it must be longer");
        Ok(Simulation::new(messages, every, self.faults.then_some(self.seed)))
    }
}
