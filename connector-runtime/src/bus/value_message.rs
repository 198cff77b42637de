//! Decoding of value messages that controllers send to actuators.

use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::{error::Result, time::Timestamp};

/// Larger commands are rejected.
pub(super) const MAX_COMMAND: usize = 1 << 20;

/// Returns the value and the timestamp, if any, of a value message.
pub(super) fn decode(payload: &[u8]) -> Result<(Box<RawValue>, Option<Timestamp>)> {
    anyhow::ensure!(
        payload.len() <= MAX_COMMAND,
        "it has {} bytes, more than the allowed {MAX_COMMAND}",
        payload.len()
    );
    let text = str::from_utf8(payload)?.trim_start_matches('\u{feff}');
    let mut members: HashMap<String, Box<RawValue>> =
        serde_json::from_str(text).map_err(|error| {
            anyhow::anyhow!(
                "it is not an object like {{\"value\": .., \"timestamp\": ..}}: {error}"
            )
        })?;
    let Some(value) = members.remove("value") else { anyhow::bail!("it has no `value`") };
    let timestamp = match members.get("timestamp").map(|json| json.get()) {
        None | Some("null") => None,
        Some(json) => Some(Timestamp::from_json(json)?),
    };
    Ok((value, timestamp))
}
