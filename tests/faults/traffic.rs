//! What a device sends: lines whose values repeat the number of their line.

use std::{fmt::Write, time::Duration};

use support::NAME;

/// The first value of each line.
pub(crate) const VALUE_TOPIC: &str = "demo/n";

/// Where each line goes as a raw message.
pub(crate) const RAW_TOPIC: &str = "demo/raw_message_to_db";

/// The topics of all values but the first, up to their number.
const VALUES: &str = "demo/v";

/// A connector may repeat so many messages after each fault: those in flight, however many of them a line is.
pub(crate) const WINDOW: u64 = 16;

/// So many lines a second, each of so many values; a line is a raw message, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Traffic {
    lines: u32,
    values: usize,
    /// Bytes of a text in each line that is not selected.
    text: usize,
}

impl Traffic {
    /// A thousand numbers a second.
    pub(crate) const NUMBERS: Self = Self { lines: 1_000, values: 1, text: 0 };

    /// A plant: 2,000 values and 100 raw messages a second.
    pub(crate) const PLANT: Self = Self { lines: 100, values: 20, text: 0 };

    /// A busy device: 4,000 values and 200 raw messages a second.
    pub(crate) const BUSY: Self = Self { lines: 200, values: 20, text: 0 };

    /// Long texts: the raw messages of two hundred lines fill the memory for waiting messages.
    pub(crate) const TEXTS: Self = Self { lines: 10, values: 1, text: 100_000 };

    /// From one line to the next.
    pub(crate) fn every(self) -> Duration {
        Duration::from_secs(1) / self.lines
    }

    /// Lines in this time.
    pub(crate) fn within(self, time: Duration) -> u64 {
        u64::from(self.lines) * time.as_secs()
    }

    pub(crate) fn values(self) -> usize {
        self.values
    }

    /// Topics, and messages of each line.
    pub(crate) fn streams(self) -> usize {
        self.values + 1
    }

    pub(crate) fn line(self, number: u64) -> String {
        let mut line = format!(r#"{{"n":{number}"#);
        for value in 1..self.values {
            let _ = write!(line, r#","v{value}":{number}"#);
        }
        if self.text > 0 {
            let _ = write!(line, r#","text":"{}""#, "x".repeat(self.text));
        }
        line + "}"
    }

    /// Selects all values, and an actuator.
    pub(crate) fn map(self) -> String {
        let mut sensors = format!(r#""n":"{VALUE_TOPIC}""#);
        for value in 1..self.values {
            let _ = write!(sensors, r#","v{value}":"{VALUES}{value}""#);
        }
        let actuators = format!(r#""{NAME}/set":"room_1__setpoint""#);
        format!(r#"{{"sensor":{{{sensors}}},"actuator":{{{actuators}}}}}"#)
    }

    /// The stream to which a message belongs, the raw messages being the last one, and its number.
    pub(crate) fn number(self, topic: &str, payload: &[u8]) -> Option<(usize, u64)> {
        let (stream, member) = match topic {
            VALUE_TOPIC => (0, "value"),
            RAW_TOPIC => (self.values, "raw_message"),
            _ => (topic.strip_prefix(VALUES)?.parse().ok()?, "value"),
        };
        let (_, rest) = str::from_utf8(payload).ok()?.split_once(member)?;
        let rest = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
        let digits = rest.split_once(|c: char| !c.is_ascii_digit())?.0;
        Some((stream, digits.parse().ok()?))
    }
}
