//! `record`: appends raw messages of the device to a file, one line of JSON each.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use clap::Args;
use serde_json::value::RawValue;
use tokio::time::{Instant, sleep_until};

use crate::{
    bus::wire::{self, RawMessageToDb, RawPayload},
    cli::{
        tap::Tapped,
        tool::{Call, Tool},
        work,
    },
    connector::Connector,
    error::Result,
    raw::RawMessage,
    settings::{Exit, Read as Settings, value_parser},
};

/// The arguments of `record`.
#[derive(Args)]
pub(crate) struct Record {
    /// File to append to; `-` is stdout.
    #[arg(id = "tool-file", value_name = "FILE")]
    file: PathBuf,
    /// Stop after this number of messages. Without it, stop with Ctrl-C.
    #[arg(id = "tool-count", long = "count", value_name = "MESSAGES")]
    count: Option<u64>,
    /// Stop after this time.
    #[arg(id = "tool-seconds", long = "seconds", value_name = "SECONDS")]
    #[arg(value_parser = value_parser::seconds)]
    seconds: Option<Duration>,
}

impl Tool for Record {
    const NAME: &'static str = "record";
    const ABOUT: &'static str = "Appends raw messages of the device to a file, for `replay` and `simulate`; needs no broker";
    const NEEDS_BROKER: bool = false;

    fn run<C: Connector>(call: &Call<'_>) -> Result<ExitCode, Exit> {
        let (record, Settings { connector, settings, .. }) = call.read::<C, Self>()?;
        let mut file = open(&record.file)
            .with_context(|| format!("cannot write to {}", record.file.display()))?;
        work::with_device(connector, &settings, async move |_, mut messages| {
            // Without an end, if that is further away than the clock can represent.
            let until = record.seconds.and_then(|seconds| Instant::now().checked_add(seconds));
            let time_is_up = async {
                match until {
                    Some(until) => sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::pin!(time_is_up);
            let mut count = 0;
            while record.count.is_none_or(|most| count < most) {
                let message = tokio::select! {
                    message = messages.recv() => message.context("the device part has ended")?,
                    () = &mut time_is_up => break,
                };
                // One write, so that no line is incomplete if the program is stopped.
                match file.write_all(&line(&message, C::VERSION)?) {
                    // The reader of stdout may close the pipe early, as `head` does.
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
                    written => written.context(record.file.display().to_string())?,
                }
                count += 1;
            }
            let s = if count == 1 { "" } else { "s" };
            work::note(format_args!("recorded {count} raw message{s}"));
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn line<R: RawMessage>(message: &Tapped<R>, connector_version: &str) -> Result<Vec<u8>> {
    let json = message.raw.to_json().context("cannot serialize a message as JSON")?;
    let raw_message = &*RawValue::from_string(json)?;
    let payload = RawPayload { raw_message, timestamp: message.received };
    let mut line = wire::payload(&RawMessageToDb { payload, connector_version }).to_vec();
    line.push(b'\n');
    Ok(line)
}

/// Opens a file at its end. If its last line was cut off by a crash, adds a line break.
fn open(path: &Path) -> io::Result<Box<dyn Write>> {
    if path == "-" {
        return Ok(Box::new(io::stdout()));
    }
    let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    if !ends_with_line(&mut file)? {
        file.write_all(b"\n")?;
    }
    Ok(Box::new(file))
}

fn ends_with_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}
