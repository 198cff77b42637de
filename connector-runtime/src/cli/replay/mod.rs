//! `replay`: parses recorded raw messages again.

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

/// The arguments of `replay`.
#[derive(Args)]
pub(crate) struct Replay {
    /// File as written by `record`, or with only the objects in `payload`; `-` is stdin.
    #[arg(id = "tool-file", value_name = "FILE")]
    file: PathBuf,
    /// Publish the values of selected datapoints, not retained, instead of printing them.
    #[arg(id = "tool-publish", long = "publish", conflicts_with = "tool-diff")]
    publish: bool,
    /// Compare the values with the output of an earlier replay. The exit code is 1 if they differ.
    #[arg(id = "tool-diff", long = "diff", value_name = "FILE")]
    diff: Option<PathBuf>,
}

impl Tool for Replay {
    const NAME: &'static str = "replay";
    const ABOUT: &'static str =
        "Parses recorded raw messages again, and prints, compares or publishes their values";
    const NEEDS_BROKER: bool = false;

    fn run<C: Connector>(call: &Call<'_>) -> Result<ExitCode, Exit> {
        let (Self { file, publish, diff }, Read { connector, settings, .. }) =
            call.read_without_device::<C, Self>()?;
        let has_broker = settings.mqtt_broker_host != NOWHERE;
        if publish && !has_broker {
            return Err(Exit::Faults(vec![
                "MQTT_BROKER_HOST is not set, but --publish requires a broker".to_owned(),
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

/// The result of a replay.
struct Replayed {
    values: Vec<Line>,
    /// The number of lines that failed; each was printed to stderr.
    faults: usize,
}

/// A printed line: the value of a datapoint.
#[derive(Serialize)]
struct Line {
    timestamp: Timestamp,
    key: String,
    value: Box<RawValue>,
}

impl Replayed {
    fn lines(&self) -> Vec<String> {
        let line = |line| serde_json::to_string(line).expect("plain structs always serialize");
        self.values.iter().map(|value| line(value) + "\n").collect()
    }
}

pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    if path == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
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
    let raw = C::Raw::from_json(raw_message.get()).context("`raw_message` is invalid")?;
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
