//! The JSON messages of the bus. BEMCom defines their members.

use bytes::{BufMut, BytesMut};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::time::Timestamp;

/// On `{name}/heartbeat`.
#[derive(Debug, Serialize)]
pub(crate) struct Heartbeat {
    pub(crate) this_heartbeats_timestamp: Timestamp,
    pub(crate) next_heartbeats_timestamp: Timestamp,
}

/// On `{name}/raw_message_to_db`.
#[derive(Debug, Serialize)]
pub(crate) struct RawMessageToDb<'a> {
    pub(crate) payload: RawPayload<'a>,
    pub(crate) connector_version: &'a str,
}

/// A raw message with the time of its arrival.
#[derive(Debug, Serialize)]
pub(crate) struct RawPayload<'a> {
    pub(crate) raw_message: &'a RawValue,
    pub(crate) timestamp: Timestamp,
}

/// Encodes one of these as the payload of an MQTT message.
pub(crate) fn payload(message: &impl Serialize) -> bytes::Bytes {
    serde_json::to_vec(message).expect("plain structs with text keys always serialise").into()
}

/// The maximum number of bytes of a value message in addition to its value.
pub(crate) const VALUE_FRAME: usize = br#"{"value":,"timestamp":-9223372036854775808}"#.len();

/// Encodes value messages, `{"value": .., "timestamp": ..}`. All values of one message of the
/// device have the same timestamp, which is formatted once.
#[derive(Debug, Default)]
pub(crate) struct ValueWriter {
    timestamp: Option<Timestamp>,
    end: Vec<u8>,
}

impl ValueWriter {
    /// Returns the parts of a message; the value is JSON text.
    pub(crate) fn parts<'a>(&'a mut self, json: &'a [u8], timestamp: Timestamp) -> [&'a [u8]; 3] {
        if self.timestamp != Some(timestamp) {
            self.timestamp = Some(timestamp);
            self.end.clear();
            self.end.extend_from_slice(br#","timestamp":"#);
            let mut digits = itoa::Buffer::new();
            self.end.extend_from_slice(digits.format(timestamp.as_millis()).as_bytes());
            self.end.push(b'}');
        }
        [br#"{"value":"#, json, &self.end]
    }

    /// Appends a message.
    pub(crate) fn write(&mut self, buffer: &mut BytesMut, json: &[u8], timestamp: Timestamp) {
        self.parts(json, timestamp).into_iter().for_each(|part| buffer.put_slice(part));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_573_680_749_000);

    #[test]
    fn heartbeats_have_exactly_these_members() {
        let heartbeat = Heartbeat {
            this_heartbeats_timestamp: NOW,
            next_heartbeats_timestamp: NOW + std::time::Duration::from_secs(30),
        };
        assert_eq!(
            payload(&heartbeat),
            r#"{"this_heartbeats_timestamp":1573680749000,"next_heartbeats_timestamp":1573680779000}"#
        );
    }

    #[test]
    fn raw_messages_have_the_form_that_the_database_stores() {
        let raw: Box<RawValue> = serde_json::from_str(r#"{"p": 1.50}"#).unwrap();
        let message = RawMessageToDb {
            payload: RawPayload { raw_message: &raw, timestamp: NOW },
            connector_version: "0.1.0",
        };
        assert_eq!(
            payload(&message),
            r#"{"payload":{"raw_message":{"p": 1.50},"timestamp":1573680749000},"connector_version":"0.1.0"}"#
        );
    }

    #[test]
    fn values_have_exactly_two_members() {
        let mut writer = ValueWriter::default();
        for (json, millis) in [("[1,\"x\"]", -5), ("true", -5), ("2", i64::MIN)] {
            let mut buffer = BytesMut::new();
            writer.write(&mut buffer, json.as_bytes(), Timestamp::from_millis(millis));
            assert_eq!(buffer, format!(r#"{{"value":{json},"timestamp":{millis}}}"#));
            assert!(buffer.len() <= json.len() + VALUE_FRAME);
        }
    }
}
