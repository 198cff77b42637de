//! Decoding of packets, with the checks that the codec omits.

use bytes::BytesMut;
use rumqttc::mqttbytes::{
    self, Protocol,
    v4::{Connect, Packet},
};

use crate::mqtt::embedded::client_state::Close;

/// The maximum size in bytes of a packet from a client.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Takes the next packet from the stream; `None` if it is incomplete.
pub(super) fn decode(stream: &mut BytesMut) -> Result<Option<Packet>, Close> {
    if is_foreign_connect(stream) {
        // Its layout differs, but the answer to any of them is a refusal.
        stream.clear();
        let connect = Connect { protocol: Protocol::V5, ..Connect::new("") };
        return Ok(Some(Packet::Connect(connect)));
    }
    if !has_valid_flags(stream) {
        return Err(Close("packet with invalid flags"));
    }
    match Packet::read(stream, MOST_BYTES) {
        Ok(packet) => Ok(Some(packet)),
        Err(mqttbytes::Error::InsufficientBytes(_)) => Ok(None),
        Err(_) => Err(Close("invalid packet")),
    }
}

/// Whether this is a CONNECT with a protocol level other than 4, that of MQTT 3.1.1.
fn is_foreign_connect(stream: &[u8]) -> bool {
    let is_connect = stream.first().is_some_and(|first| first >> 4 == 1);
    // The length before the protocol's name has one to four bytes.
    is_connect
        && (2..=5)
            .filter_map(|start| stream.get(start..)?.strip_prefix(b"\0\x04MQTT"))
            .any(|after_name| after_name.first().is_some_and(|level| *level != 4))
}

/// Whether the lower half of a packet's first byte is as its type requires: MQTT 3.1.1, section 2.2.2.
fn has_valid_flags(stream: &[u8]) -> bool {
    stream.first().is_none_or(|first| match (first >> 4, first & 0x0F) {
        (3, _) => true,
        (6 | 8 | 10, flags) => flags == 2,
        (_, flags) => flags == 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Result<Option<Packet>, Close> {
        decode(&mut BytesMut::from(bytes))
    }

    #[test]
    fn a_packet_comes_in_pieces() {
        let whole = [0x30, 4, 0, 1, b'a', b'x'];
        for end in 0..whole.len() {
            assert_eq!(decoded(&whole[..end]), Ok(None), "{end}");
        }
        let Ok(Some(Packet::Publish(publish))) = decoded(&whole) else { panic!("no packet") };
        assert_eq!((publish.topic.as_str(), &publish.payload[..]), ("a", &b"x"[..]));
    }

    #[test]
    fn another_protocol_level_is_detected_before_its_layout_matters() {
        for level in [3, 5, 0xFF] {
            for start in [&b"\x10\x0D\0\x04MQTT"[..], b"\x10\x80\x80\x01\0\x04MQTT"] {
                let connect = [start, &[level, 0xC2, 0, 60]].concat();
                let Ok(Some(Packet::Connect(connect))) = decoded(&connect) else { panic!() };
                assert_eq!(connect.protocol, Protocol::V5, "{level}");
            }
        }
        assert_eq!(decoded(b"\x10\x0D\0\x04MQTT\x04\xC2"), Ok(None));
    }

    #[test]
    fn what_is_not_mqtt_is_an_error() {
        let broken: [&[u8]; 8] = [
            b"GET / HTTP/1.1\r\n\r\n",
            &[0x00, 0x00],
            &[0x10, 0x00],
            &[0x36, 4, 0, 1, b'a', b'x'],
            &[0x32, 5, 0, 1, b'a', 0, 0],
            &[0x80, 6, 0, 1, 0, 1, b'a', 0],
            &[0x30, 0xFF, 0xFF, 0xFF, 0xFF],
            &[0x30, 0xFF, 0xFF, 0xFF, 0x7F],
        ];
        for bytes in broken {
            assert!(decoded(bytes).is_err(), "{bytes:x?}");
        }
    }

    /// Decodes every packet type with every short body of a few critical bytes.
    #[test]
    fn no_input_causes_a_panic() {
        let critical = [0x00, 0x01, 0x02, 0x04, 0x80, 0xC3, 0xFF];
        let mut bodies = vec![vec![]];
        for length in 0..4 {
            let longer: Vec<Vec<u8>> =
                bodies.iter().filter(|body| body.len() == length).cloned().collect();
            for body in longer {
                bodies.extend(critical.map(|byte| [&body[..], &[byte]].concat()));
            }
        }
        for first in 0..=u8::MAX {
            for body in &bodies {
                let length = u8::try_from(body.len()).expect("they are short");
                let _ = decoded(&[&[first, length], &body[..]].concat());
            }
        }
    }
}
