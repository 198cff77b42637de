//! The datapoint map: what the administrator selected, and on which topics it goes.

use std::{collections::HashMap, sync::Arc};

/// How many refused entries one log message names.
const NAMED: usize = 10;

/// How many bytes of a refused key or topic it shows.
const SHOWN: usize = 100;

/// The selected datapoints.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct DatapointMap {
    /// From key to topic.
    pub(crate) sensor: HashMap<String, Arc<str>>,
    /// From topic to key.
    pub(crate) actuator: HashMap<String, String>,
}

/// The entries of a map that are left out, with the reason.
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

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// One text for the log, unless all entries are fine.
    pub(crate) fn summary(&self) -> Option<String> {
        let named = self.named.join("; ");
        match self.count {
            0 => None,
            count @ ..=NAMED => Some(format!("left out {count}: {named}")),
            count => Some(format!("left out {count}: {named}; and {} more", count - NAMED)),
        }
    }
}

impl DatapointMap {
    /// The map as it would come over the bus.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let sensor: HashMap<_, _> =
            self.sensor.iter().map(|(key, topic)| (key, &**topic)).collect();
        let json = serde_json::json!({ "sensor": sensor, "actuator": self.actuator });
        json.to_string().into_bytes()
    }
}

/// The beginning of a text, so that the log has room for the reason.
pub(super) fn short(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHOWN)]
}
