//! Stored raw messages, in the format of `{name}/raw_message_to_db`.
//!
//! BEMCom wraps a raw message and its timestamp in `payload`, next to the connector's version. A database
//! may return only this inner object, so both shapes are read.

use std::io::{self, BufRead, Read, Write};

use anyhow::Context;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    error::{Causes, Result},
    time::Timestamp,
};

/// The maximum length of a line in bytes: the file may be a device without an end. A raw message is at most as large as
/// an MQTT packet of the broker, which is usually limited to less.
const LONGEST: usize = 64 << 20;

/// A raw message and the time at which it was received.
#[derive(Debug)]
pub(crate) struct Stored {
    /// JSON text, as [`RawMessage::to_json`](crate::RawMessage::to_json) returns it.
    pub(crate) raw_message: Box<RawValue>,
    pub(crate) timestamp: Timestamp,
}

#[derive(Deserialize)]
struct Outer<'a> {
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Inner<'a> {
    #[serde(borrow)]
    raw_message: &'a RawValue,
    #[serde(borrow)]
    timestamp: &'a RawValue,
}

impl Stored {
    /// Parses a message of either shape.
    pub(crate) fn decode(json: &[u8]) -> Result<Self> {
        const SHAPE: &str =
            r#"not an object like {"payload": {"raw_message": .., "timestamp": ..}}"#;
        let text = str::from_utf8(json).context(SHAPE)?;
        let Outer { payload } = serde_json::from_str(text).context(SHAPE)?;
        let inner = payload.map_or(text, RawValue::get);
        let Inner { raw_message, timestamp } = serde_json::from_str(inner).context(SHAPE)?;
        let timestamp = Timestamp::from_json(timestamp.get())?;
        Ok(Self { raw_message: raw_message.to_owned(), timestamp })
    }
}

/// Calls `with` for each message of a recording, one message a line. Returns the number of lines that
/// failed, such as a last line that was cut off by a crash; they are printed with their line number.
pub(crate) fn each(
    mut recording: impl BufRead,
    mut with: impl FnMut(Stored) -> Result<()>,
) -> Result<usize> {
    let mut faults = 0;
    for number in 1.. {
        let line =
            next_line(&mut recording).with_context(|| format!("cannot read line {number}"))?;
        let Some(line) = line else { break };
        if line.trim_ascii().is_empty() {
            continue;
        }
        if let Err(error) = Stored::decode(&line).and_then(&mut with) {
            faults += 1;
            // If nobody reads stderr, the number of faults remains.
            let _ = writeln!(io::stderr(), "line {number}: {}", Causes(&error));
        }
    }
    Ok(faults)
}

/// Returns the next line without its line break, or `None` at the end. Fails if the line is longer than [`LONGEST`].
pub(crate) fn next_line(file: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    file.take(LONGEST as u64 + 1).read_until(b'\n', &mut line)?;
    match line.pop_if(|last| *last == b'\n') {
        None if line.len() > LONGEST => {
            Err(io::Error::other(format!("it is longer than {LONGEST} bytes")))
        }
        None if line.is_empty() => Ok(None),
        _ => Ok(Some(line)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRAPPED: &str = r#"{"payload":{"raw_message":{"base64":"/wA="},"timestamp":1573680749000},"connector_version":"0.1.0"}"#;

    #[test]
    fn both_shapes_are_read() {
        let flat = r#" {"timestamp": 1573680749000.0, "raw_message": {"base64":"/wA="}, "id": 7}"#;
        for text in [WRAPPED, flat] {
            let stored = Stored::decode(text.as_bytes()).unwrap();
            assert_eq!(stored.raw_message.get(), r#"{"base64":"/wA="}"#);
            assert_eq!(stored.timestamp.as_millis(), 1_573_680_749_000);
        }
    }

    #[test]
    fn an_error_names_the_missing_part() {
        for (text, part) in [
            ("", "EOF"),
            ("[1]", "payload"),
            (r#"{"payload":{"timestamp":1}}"#, "raw_message"),
            (r#"{"raw_message":1}"#, "timestamp"),
            (r#"{"raw_message":1,"timestamp":"noon"}"#, "milliseconds"),
        ] {
            let error = format!("{:#}", Stored::decode(text.as_bytes()).unwrap_err());
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_line_without_an_end_is_an_error() {
        let error =
            format!("{:#}", each(io::BufReader::new(io::repeat(0)), |_| Ok(())).unwrap_err());
        assert_eq!(error, "cannot read line 1: it is longer than 67108864 bytes");
        let mut file = &b"a\n\nb"[..];
        let lines: Vec<_> = std::iter::from_fn(|| next_line(&mut file).unwrap()).collect();
        assert_eq!(lines, [&b"a"[..], b"", b"b"]);
    }
}
