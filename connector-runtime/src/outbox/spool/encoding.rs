//! The encoding of a message on disk.
//!
//! ```text
//! version (1 byte) | flags (1) | length of the topic (2, little endian) | topic | payload
//! ```

use bytes::Bytes;

use crate::{
    mqtt::codec::QoS,
    outbox::message::{MessageKind, Publish},
};

const VERSION: u8 = 1;
const HEADER: usize = 4;

const RAW: u8 = 1;
const RETAIN: u8 = 2;
const EXACTLY_ONCE: u8 = 4;

pub(super) fn encode(publish: &Publish) -> Vec<u8> {
    let Publish { topic, payload, qos, retain, kind, .. } = publish;
    let mut flags = 0;
    for (flag, is_set) in [
        (RAW, *kind == MessageKind::Raw),
        (RETAIN, *retain),
        (EXACTLY_ONCE, *qos == QoS::ExactlyOnce),
    ] {
        flags |= if is_set { flag } else { 0 };
    }
    let length = u16::try_from(topic.len()).expect("topics are checked to be at most 1024 bytes");
    let mut record = Vec::with_capacity(HEADER + topic.len() + payload.len());
    record.extend_from_slice(&[VERSION, flags]);
    record.extend_from_slice(&length.to_le_bytes());
    record.extend_from_slice(topic.as_bytes());
    record.extend_from_slice(payload);
    record
}

/// Returns whether a record, if valid, is a message of this kind.
pub(super) fn is_of(kind: MessageKind, record: &[u8]) -> bool {
    record.get(1).is_some_and(|flags| (flags & RAW != 0) == (kind == MessageKind::Raw))
}

/// Decodes a record; none if it is not a valid message.
pub(super) fn decode(seq: u64, record: &[u8]) -> Option<Publish> {
    let ([version, flags, low, high], rest) = record.split_first_chunk::<HEADER>()?;
    let (topic, payload) = rest.split_at_checked(u16::from_le_bytes([*low, *high]).into())?;
    let topic = str::from_utf8(topic).ok()?;
    let is_set = |flag| flags & flag != 0;
    (*version == VERSION && crate::mqtt::topic::check(topic).is_ok()).then(|| Publish {
        topic: topic.into(),
        payload: Bytes::copy_from_slice(payload),
        qos: if is_set(EXACTLY_ONCE) { QoS::ExactlyOnce } else { QoS::AtLeastOnce },
        retain: is_set(RETAIN),
        kind: if is_set(RAW) { MessageKind::Raw } else { MessageKind::Value },
        seq,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoded_message_equals_the_encoded_one() {
        for (qos, retain, kind) in [
            (QoS::ExactlyOnce, false, MessageKind::Raw),
            (QoS::AtLeastOnce, true, MessageKind::Value),
        ] {
            let payload = Bytes::from_static(b"\0\xff");
            let publish = Publish { topic: "a/\u{e4}".into(), payload, qos, retain, kind, seq: 7 };
            assert_eq!(decode(7, &encode(&publish)), Some(publish));
        }
    }

    #[test]
    fn invalid_bytes_are_not_decoded() {
        let good = [VERSION, 0, 1, 0, b't', b'5'];
        assert!(decode(1, &good).is_some());
        for (place, byte) in [(0, 2), (2, 3), (3, 1), (4, 0xff), (4, b'#'), (2, 0)] {
            let mut bad = good;
            bad[place] = byte;
            assert_eq!(decode(1, &bad), None, "{bad:?}");
        }
        assert_eq!(decode(1, &good[..3]), None);
    }
}
