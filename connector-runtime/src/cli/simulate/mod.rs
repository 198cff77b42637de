//! `simulate`: runs the connector without its device.

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

/// The interval between two messages if no source is polled.
const RHYTHM: Duration = Duration::from_secs(1);

/// The arguments of `simulate`.
#[derive(Args)]
pub(crate) struct Simulate {
    /// Recording of `record`, which is repeated in a loop. Without it, readings are made up, within
    /// their declared ranges.
    #[arg(id = "tool-file", long = "file", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Time between two messages. Default: the interval of the source, or one second.
    #[arg(id = "tool-every", long = "every", value_name = "SECONDS", value_parser = seconds)]
    every: Option<Duration>,
    /// Mix in invalid messages and periods of silence.
    #[arg(id = "tool-faults", long = "faults")]
    faults: bool,
    /// Seed of the faults. The same number gives the same sequence.
    #[arg(id = "tool-seed", long = "seed", value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

impl Tool for Simulate {
    const NAME: &'static str = "simulate";
    const ABOUT: &'static str =
        "Runs the connector without its device, on made-up readings or recorded messages";
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
            ensure!(!recording.is_empty(), "{} contains no raw message", file.display());
            Messages::Recorded(recording)
        } else {
            let sensors = connector.sensors();
            ensure!(
                !sensors.is_empty(),
                "this connector declares no sensors (`#[derive(Datapoints)]`), so no readings can be made up: pass a recording with --file"
            );
            Messages::MadeUp(sensors)
        };
        let polls = || connector.sources().iter().filter_map(crate::connector::Source::every).min();
        let every = self.every.or_else(polls).unwrap_or(RHYTHM);
        ensure!(!every.is_zero(), "--every must be longer than zero");
        Ok(Simulation::new(messages, every, self.faults.then_some(self.seed)))
    }
}
