//! A recording, parsed again.

use std::io::BufRead;

use anyhow::Context;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    connector::Connector,
    error::{Result, isolated_call},
    raw::{
        RawMessage,
        archive::{self, Stored},
    },
    readings::FlatReadings,
    time::Timestamp,
};

/// The result of a replay.
pub(super) struct Replayed {
    pub(super) values: Vec<Line>,
    /// The number of lines that failed; each was printed to stderr.
    pub(super) faults: usize,
}

/// A printed line: the value of a datapoint.
#[derive(Serialize)]
pub(super) struct Line {
    pub(super) timestamp: Timestamp,
    pub(super) key: String,
    pub(super) value: Box<RawValue>,
}

impl Replayed {
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |line| serde_json::to_string(line).expect("plain structs always serialize");
        self.values.iter().map(|value| line(value) + "\n").collect()
    }
}

pub(super) fn replay<C: Connector>(connector: &C, recording: impl BufRead) -> Result<Replayed> {
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
