//! The datapoint map: the selected datapoints and their topics.

use std::{collections::HashMap, sync::Arc};

/// How many rejected entries one log message lists.
const NAMED: usize = 10;

/// How many bytes of a rejected key or topic it shows.
const SHOWN: usize = 100;

/// The selected datapoints.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct DatapointMap {
    /// From key to topic.
    pub(crate) sensor: HashMap<String, Arc<str>>,
    /// From topic to key.
    pub(crate) actuator: HashMap<String, String>,
}

/// The rejected entries of a map, with the reasons.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refused {
    named: Vec<String>,
    count: usize,
}

impl Refused {
    pub(super) fn add(&mut self, entry: impl FnOnce() -> String) {
        if self.count < NAMED {
            self.named.push(entry());
        }
        self.count += 1;
    }

    /// Returns the number of rejected entries.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Returns a text for the log, if any entry is rejected.
    pub(crate) fn summary(&self) -> Option<String> {
        let named = self.named.join("; ");
        match self.count {
            0 => None,
            1 => Some(format!("rejected 1 entry: {named}")),
            count @ ..=NAMED => Some(format!("rejected {count} entries: {named}")),
            count => Some(format!("rejected {count} entries: {named}; and {} more", count - NAMED)),
        }
    }
}

impl DatapointMap {
    /// Encodes the map as on the bus.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let sensor: HashMap<_, _> =
            self.sensor.iter().map(|(key, topic)| (key, &**topic)).collect();
        let json = serde_json::json!({ "sensor": sensor, "actuator": self.actuator });
        json.to_string().into_bytes()
    }
}

/// Truncates a text, so that the reason after it fits in the log.
pub(super) fn short(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHOWN)]
}
