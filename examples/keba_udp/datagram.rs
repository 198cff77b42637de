//! What a charging station says: reports that it was asked for, changes that it tells by itself, and
//! replies to commands.

use connector_runtime::prelude::*;
use serde_json::{Map, Value};

/// What came from a station.
#[derive(Serialize, Deserialize)]
pub(crate) struct Datagram {
    pub(crate) station: String,
    pub(crate) text: String,
}

/// What that means.
pub(crate) enum Content {
    Report(String, Values),
    Changes(Values),
    Reply,
}

pub(crate) type Values = Map<String, Value>;

impl Content {
    pub(crate) fn of(text: &str) -> Result<Self> {
        if text.starts_with("TCH-") {
            return Ok(Self::Reply);
        }
        let values: Values = serde_json::from_str(text).context("this is no JSON object")?;
        Ok(match values.get("ID") {
            Some(Value::String(id)) => Self::Report(id.clone(), values),
            _ => Self::Changes(values),
        })
    }

    /// Whether this is what the station answers to a request.
    pub(crate) fn answers(&self, request: &str) -> bool {
        match self {
            Self::Report(id, _) => request.strip_prefix("report ") == Some(id),
            Self::Changes(_) => false,
            Self::Reply => !request.starts_with("report "),
        }
    }
}
