//! `replay`: recorded raw messages, parsed again.

mod diff;
mod publish;

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    cli::{
        tool::{Call, NOWHERE, Tool},
        work,
    },
    connector::Connector,
    error::{Result, isolated_call},
    raw::{
        RawMessage,
        archive::{self, Stored},
    },
    readings::FlatReadings,
    settings::{Exit, Read},
    time::Timestamp,
};

/// What to replay, and to where.
#[derive(Args)]
pub(crate) struct Replay {
    /// A file as `record` writes it, or of the objects in `payload` alone; `-` is stdin.
    #[arg(id = "tool-file", value_name = "FILE")]
    file: PathBuf,
    /// Publishes the values that the datapoint map selects, not retained, instead of printing them.
    #[arg(id = "tool-publish", long = "publish", conflicts_with = "tool-diff")]
    publish: bool,
    /// Compares the values with what an earlier replay has printed to this file: exit code 1 if they differ.
    #[arg(id = "tool-diff", long = "diff", value_name = "FILE")]
    diff: Option<PathBuf>,
}

impl Tool for Replay {
    const NAME: &'static str = "replay";
    const ABOUT: &'static str =
        "Parses recorded raw messages, and prints, compares or publishes their values";
    const NEEDS_BROKER: bool = false;

    fn run<C: Connector>(call: &Call<'_>) -> Result<ExitCode, Exit> {
        let (Self { file, publish, diff }, Read { connector, settings, .. }) =
            call.read_without_device::<C, Self>()?;
        let has_broker = settings.mqtt_broker_host != NOWHERE;
        if publish && !has_broker {
            return Err(Exit::Faults(vec![
                "MQTT_BROKER_HOST is not set, and --publish needs a broker".to_owned(),
            ]));
        }
        let replayed = replay(&connector, open(&file)?)?;
        let is_same = match diff {
            _ if publish => return publish::publish(&settings, replayed),
            Some(earlier) => diff::compare(open(&earlier)?, &replayed.lines())?,
            None => {
                work::print(replayed.lines().concat())?;
                true
            }
        };
        Ok(if is_same && replayed.faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// What came of a recording.
struct Replayed {
    values: Vec<Line>,
    /// Lines of which nothing came; they were told.
    faults: usize,
}

/// A value of a datapoint, as it is printed.
#[derive(Serialize)]
struct Line {
    timestamp: Timestamp,
    key: String,
    value: Box<RawValue>,
}

impl Replayed {
    fn lines(&self) -> Vec<String> {
        let line = |line| serde_json::to_string(line).expect("plain structs always serialise");
        self.values.iter().map(|value| line(value) + "\n").collect()
    }
}

pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    if path == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}

fn replay<C: Connector>(connector: &C, recording: impl BufRead) -> Result<Replayed> {
    let mut values = Vec::new();
    let faults = archive::each(recording, |stored| {
        values.extend(isolated_call(|| values_of(connector, &stored))?);
        Ok(())
    })?;
    Ok(Replayed { values, faults })
}

fn values_of<C: Connector>(connector: &C, stored: &Stored) -> Result<Vec<Line>> {
    let Stored { raw_message, timestamp } = stored;
    let raw = C::Raw::from_json(raw_message.get()).context("its `raw_message`")?;
    let Some(readings) = connector.parse(&raw)? else { return Ok(Vec::new()) };
    let mut flat = FlatReadings::default();
    connector.flatten(&readings, &mut flat)?;
    let timestamp = flat.timestamp().unwrap_or(*timestamp);
    let value = |(key, json): (&str, &str)| {
        let (key, value) = (key.to_owned(), RawValue::from_string(json.to_owned())?);
        Ok(Line { timestamp, key, value })
    };
    flat.values().map(value).collect()
}
