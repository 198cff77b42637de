//! A datagram of a charging station: a requested report, a change that it reports unprompted, or a reply to a
//! command.

use connector_runtime::prelude::*;
use serde_json::{Map, Value};

/// A datagram from a station.
#[derive(Serialize, Deserialize)]
pub(crate) struct Datagram {
    pub(crate) station: String,
    pub(crate) text: String,
}

/// Its meaning.
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
        let values: Values = serde_json::from_str(text).context("this is not a JSON object")?;
        Ok(match values.get("ID") {
            Some(Value::String(id)) => Self::Report(id.clone(), values),
            _ => Self::Changes(values),
        })
    }

    /// Returns whether this is the station's answer to a request.
    pub(crate) fn answers(&self, request: &str) -> bool {
        match self {
            Self::Report(id, _) => request.strip_prefix("report ") == Some(id),
            Self::Changes(_) => false,
            Self::Reply => !request.starts_with("report "),
        }
    }
}
