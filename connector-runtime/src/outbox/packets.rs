//! Values with QoS 0, encoded as packets at once: they are never acknowledged, so they need not
//! wait as messages.

use std::collections::VecDeque;

use bytes::BytesMut;

use crate::{
    mqtt::codec::{self, Packet, QoS},
    outbox::message::{MessageKind, Publish},
};

/// From this many bytes on, a batch is complete and the next one begins.
const BATCH: usize = 64 << 10;

/// PUBLISH packets in order, ready to write.
#[derive(Debug, Default)]
pub(super) struct Packets {
    batches: VecDeque<Batch>,
    bytes: usize,
    /// The buffer of the last batch, for reuse.
    spare: BytesMut,
}

#[derive(Debug, Default)]
struct Batch {
    packets: BytesMut,
    count: usize,
}

impl Packets {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.batches.iter().map(|batch| batch.count).sum()
    }

    /// Appends a retained message; its payload consists of these parts.
    pub(super) fn push(&mut self, topic: &str, payload: &[&[u8]]) {
        if self.batches.back().is_none_or(|batch| batch.packets.len() >= BATCH) {
            let packets = std::mem::take(&mut self.spare);
            self.batches.push_back(Batch { packets, count: 0 });
        }
        let Some(Batch { packets, count }) = self.batches.back_mut() else { return };
        let before = packets.len();
        codec::write_publish(packets, topic, payload, QoS::AtMostOnce, true, 0);
        self.bytes += packets.len() - before;
        *count += 1;
    }

    /// Moves the oldest batches to `out` until that is enough for one write.
    pub(super) fn take(&mut self, out: &mut BytesMut) {
        while out.len() < BATCH
            && let Some(Batch { mut packets, .. }) = self.batches.pop_front()
        {
            self.bytes -= packets.len();
            if out.is_empty() {
                std::mem::swap(out, &mut packets);
            } else {
                out.extend_from_slice(&packets);
            }
            packets.clear();
            self.spare = packets;
        }
    }

    /// Decodes all packets into messages again.
    pub(super) fn take_messages(&mut self) -> Vec<Publish> {
        let mut messages = Vec::new();
        for Batch { mut packets, .. } in std::mem::take(self).batches {
            while let Ok(Some(Packet::Publish(publish))) = codec::read(&mut packets) {
                let codec::Publish { topic, payload, qos, retain, .. } = publish;
                let (topic, kind) = (topic.into(), MessageKind::Value);
                messages.push(Publish { topic, payload, qos, retain, kind, seq: 0 });
            }
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_decode_into_the_original_messages() {
        let mut packets = Packets::default();
        let long = vec![b'x'; BATCH];
        for payload in [&b"1"[..], &long, b"2"] {
            packets.push("t", &[payload, b"."]);
        }
        assert_eq!(packets.len(), 3);
        let messages = packets.take_messages();
        let payloads: Vec<_> = messages.iter().map(|message| message.payload.len()).collect();
        assert_eq!(payloads, [2, BATCH + 1, 2]);
        let Publish { topic, payload, qos, retain, kind, seq } = &messages[2];
        assert_eq!((&**topic, &payload[..]), ("t", &b"2."[..]));
        assert_eq!((*qos, *retain, *kind, *seq), (QoS::AtMostOnce, true, MessageKind::Value, 0));
        assert_eq!((packets.len(), packets.bytes()), (0, 0));
    }

    #[test]
    fn packets_are_taken_in_order_up_to_one_write() {
        let (mut packets, mut out) = (Packets::default(), BytesMut::from("before"));
        let payload = vec![b'x'; BATCH / 2];
        for topic in ["a", "b", "c", "d", "e"] {
            packets.push(topic, &[&payload]);
        }
        packets.take(&mut out);
        assert_eq!(packets.len(), 3, "{} bytes are out", out.len());
        let mut read = out.split_off("before".len());
        let mut topics = String::new();
        while !(packets.len() == 0 && read.is_empty()) {
            while let Ok(Some(Packet::Publish(publish))) = codec::read(&mut read) {
                topics += &publish.topic;
            }
            packets.take(&mut read);
        }
        assert_eq!((&*topics, packets.bytes()), ("abcde", 0));
    }
}
