//! Messages that are too large: their bytes are discarded as they arrive, and never buffered.
//!
//! A client that closed the connection instead would receive a retained message of this size again after
//! every subscription.

use bytes::{Buf, BytesMut};

use crate::mqtt::codec::{self, FixedHeader, LARGEST, QoS, fixed_header, is_publish};

/// Skips large messages.
#[derive(Debug, Default)]
pub(crate) struct Oversized {
    /// How many bytes of a large message are still to be discarded.
    left: usize,
}

/// The header of a message whose payload is not read.
#[derive(Debug, PartialEq)]
pub(crate) struct Header {
    pub(crate) topic: String,
    pub(crate) qos: QoS,
    /// 0 at QoS 0.
    pub(crate) pkid: u16,
    /// The size of the payload.
    pub(crate) bytes: usize,
}

/// The packet at the front of the input.
#[derive(Debug, PartialEq)]
pub(crate) enum Front {
    /// A packet of normal size, or its beginning, or nothing.
    Usual,
    /// The beginning of a large message, whose header is still incomplete.
    Unclear,
    /// A large message; its bytes will be discarded.
    Large(Header),
}

impl Oversized {
    /// Returns whether bytes of a large message are still to be discarded.
    pub(crate) fn is_skipping(&self) -> bool {
        self.left > 0
    }

    /// Discards the bytes of a large message, and classifies the packet after it.
    pub(crate) fn skip(&mut self, input: &mut BytesMut) -> Front {
        let dropped = self.left.min(input.len());
        input.advance(dropped);
        self.left -= dropped;
        let Some(FixedHeader { first, length, body }) = fixed_header(input) else {
            return Front::Usual;
        };
        if length <= LARGEST || !is_publish(first) {
            return Front::Usual;
        }
        let Some(header) = publish_header(first, length, &input[body..]) else {
            return Front::Unclear;
        };
        self.left = body + length;
        Front::Large(header)
    }
}

/// Returns topic and packet id once they have arrived: MQTT 3.1.1, section 3.3.2.
fn publish_header(first: u8, length: usize, mut body: &[u8]) -> Option<Header> {
    let topic_length = body.try_get_u16().ok()?.into();
    let topic = String::from_utf8_lossy(body.get(..topic_length)?).into_owned();
    body.advance(topic_length);
    let qos = codec::qos(first >> 1 & 3).unwrap_or(QoS::AtMostOnce);
    let pkid = if qos == QoS::AtMostOnce { 0 } else { body.try_get_u16().ok()? };
    let header = 2 + topic_length + if qos == QoS::AtMostOnce { 0 } else { 2 };
    Some(Header { topic, qos, pkid, bytes: length.saturating_sub(header) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: usize = LARGEST + 1;

    /// A PUBLISH packet of QoS 1 with a payload of zeros.
    fn large() -> Vec<u8> {
        let length: [usize; 4] = std::array::from_fn(|i| LENGTH >> (7 * i) & 0x7f | 0x80);
        let mut packet = vec![0x33];
        packet.extend(length.map(|byte| u8::try_from(byte).unwrap()));
        packet[4] &= 0x7f;
        packet.extend(b"\x00\x03a/b\x00\x07");
        packet.resize(5 + LENGTH, 0);
        packet
    }

    #[test]
    fn a_large_message_is_skipped_and_the_next_packet_is_read() {
        let mut stream = large();
        stream.extend(b"\xd0\x00");
        for chunk in [1, 3, 11, 4096] {
            let (mut oversized, mut input) = (Oversized::default(), BytesMut::new());
            let mut headers = Vec::new();
            for chunk in stream.chunks(chunk) {
                input.extend_from_slice(chunk);
                if let Front::Large(header) = oversized.skip(&mut input) {
                    headers.push(header);
                    oversized.skip(&mut input);
                }
                assert!(input.len() < 5000);
            }
            let (topic, qos) = ("a/b".to_owned(), QoS::AtLeastOnce);
            assert_eq!(headers, [Header { topic, qos, pkid: 7, bytes: LENGTH - 7 }]);
            assert_eq!(input, &b"\xd0\x00"[..]);
        }
    }

    #[test]
    fn packets_of_normal_size_are_not_touched() {
        let small = b"\x30\x05\x00\x01tpp".to_vec();
        let beginning = large()[..4].to_vec();
        let no_publish = b"\x40\xff\xff\xff\x7f".to_vec();
        for packet in [Vec::new(), small, beginning, no_publish] {
            let mut input = BytesMut::from(&packet[..]);
            assert_eq!(Oversized::default().skip(&mut input), Front::Usual);
            assert_eq!(input, packet);
        }
        let mut input = BytesMut::from(&large()[..11]);
        assert_eq!(Oversized::default().skip(&mut input), Front::Unclear);
    }
}
