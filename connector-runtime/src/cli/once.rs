//! `once`: prints one message of the device, as received, parsed, and as datapoints.

use std::{fmt::Write, process::ExitCode, time::Duration};

use anyhow::Context;
use clap::{Args, ValueEnum};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use tokio::time::timeout;

use crate::{
    cli::{
        table,
        tap::Tapped,
        tool::{Call, Tool},
        work,
    },
    connector::Connector,
    error::{Result, isolated_call},
    raw::RawMessage,
    readings::FlatReadings,
    settings::{Exit, Read, value_parser},
    telemetry::log::text::one_line,
    time::Timestamp,
};

/// The arguments of `once`.
#[derive(Args)]
pub(crate) struct Once {
    /// Output format.
    #[arg(
        id = "tool-format",
        long = "format",
        value_name = "FORMAT",
        value_enum,
        default_value = "table"
    )]
    format: Format,
    /// Seconds to wait for the message.
    #[arg(id = "tool-timeout", long = "timeout", value_name = "SECONDS")]
    #[arg(value_parser = value_parser::seconds, default_value = "60")]
    timeout: Duration,
}

/// For people, or for programs.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
}

impl Tool for Once {
    const NAME: &'static str = "once";
    const ABOUT: &'static str =
        "Prints one message of the device: as received, parsed, and as datapoints; needs no broker";
    const NEEDS_BROKER: bool = false;

    fn run<C: Connector>(call: &Call<'_>) -> Result<ExitCode, Exit> {
        let (once, Read { connector, settings, .. }) = call.read::<C, Self>()?;
        work::with_device(connector, &settings, async move |connector, mut messages| {
            let message = timeout(once.timeout, messages.recv()).await.ok().flatten();
            let Tapped { source, raw, received } = message.with_context(|| {
                format!("no raw message arrived within {:?}: check that the device is on and sends messages", once.timeout)
            })?;
            let json = raw.to_json().context("cannot serialize the message as JSON")?;
            let raw_message = RawValue::from_string(json)?;
            let mut shown = Shown {
                source,
                timestamp: received,
                raw_message,
                parsed: None,
                pretty: None,
                datapoints: None,
            };
            let read = isolated_call(|| shown.read(connector, &raw));
            match once.format {
                Format::Table => work::print(shown.table()),
                Format::Json => work::print(serde_json::to_string_pretty(&shown)? + "\n"),
            }?;
            read.context("`parse` rejected this message")?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// A raw message with its readings and datapoints, which are empty if `parse` drops it.
#[derive(Serialize)]
struct Shown {
    source: String,
    timestamp: Timestamp,
    raw_message: Box<RawValue>,
    parsed: Option<Box<RawValue>>,
    /// The same with line breaks, for people.
    #[serde(skip)]
    pretty: Option<String>,
    datapoints: Option<Values>,
}

/// Keys and values, in the order of the message.
struct Values(Vec<(String, Box<RawValue>)>);

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, json)| (key, json)))
    }
}

impl Shown {
    /// Parses and flattens the message.
    fn read<C: Connector>(&mut self, connector: &C, raw: &C::Raw) -> Result<()> {
        let Some(readings) = connector.parse(raw)? else { return Ok(()) };
        self.parsed = Some(RawValue::from_string(serde_json::to_string(&readings)?)?);
        self.pretty = Some(serde_json::to_string_pretty(&readings)?);
        let mut flat = FlatReadings::default();
        connector.flatten(&readings, &mut flat)?;
        let value = |(key, json): (&str, &str)| {
            Ok((key.to_owned(), RawValue::from_string(json.to_owned())?))
        };
        self.datapoints = Some(Values(flat.values().map(value).collect::<Result<_>>()?));
        Ok(())
    }

    fn table(&self) -> String {
        let Self { source, raw_message, pretty, datapoints, .. } = self;
        let raw = serde_json::from_str::<String>(raw_message.get());
        let raw = raw.unwrap_or_else(|_| raw_message.get().to_owned());
        let mut text = String::new();
        let _ = writeln!(text, "raw message of `{source}`:\n{}", indented(&raw));
        match pretty {
            Some(pretty) => writeln!(text, "parsed:\n{}", indented(pretty)),
            None => writeln!(text, "parsed: nothing"),
        }
        .ok();
        let datapoints = datapoints.as_ref().map(|values| &*values.0).unwrap_or_default();
        let _ = writeln!(text, "datapoints: {}", datapoints.len());
        let rows = datapoints.iter().map(|(key, value)| vec![key.clone(), value.to_string()]);
        text + &table::lines(rows).concat()
    }
}

fn indented(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| format!("  {}", one_line(line))).collect();
    lines.join("\n")
}
