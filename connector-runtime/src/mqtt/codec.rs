//! MQTT 3.1.1 packets and their bytes: the one place that knows which library they come from.
//!
//! Of `rumqttc` 0.25.1 this takes the codec only. Another codec takes the place of this file, and of the few
//! lines that make a CONNECT; another client that of the whole [`Link`](super::link), by the trait
//! [`Uplink`](super::dialogue::Uplink). (The embedded broker reads and writes by the same library, on its
//! own.)
//!
//! # Why not its client
//!
//! Measured side by side (`cargo test --test faults peers -- --ignored --nocapture`; the table is in the
//! [guide](crate::guide::reliability)), neither that client nor the one of its fork,
//! `rumqttc-v4-next` 0.34, keeps what it was given: 20 closed connections cost 430 and 437 of 30,000
//! messages, three deaths of the broker 68 and 71 of 6,600, 12 s without an answer 26 and 27; a lost
//! PUBACK stops the first for good. With a [`Link`](super::link) of our own the same faults cost none.
//!
//! # Why not the fork's codec
//!
//! With two changes it takes this place, and survives the same faults: a login has another type, and a
//! topic is `Bytes`. The runtime's tree then has 70 crates instead of 69. Its fixes are in its client,
//! which is not used here, and its releases, every few weeks, often break their users. Should this codec turn
//! out to be wrong, that is the next.

use bytes::{BufMut, BytesMut};

pub(crate) use rumqttc::{
    Connect, ConnectReturnCode, LastWill, Login, Packet, PubAck, PubComp, PubRec, PubRel, Publish,
    QoS, Subscribe, SubscribeFilter, SubscribeReasonCode, Unsubscribe,
    mqttbytes::{Error, qos},
};

#[cfg(test)]
pub(crate) use rumqttc::SubAck;

/// The most bytes of a packet: MQTT's own limit.
const MAX_PACKET: usize = 268_435_455;

/// Takes a packet off the input, or makes room for the rest of it.
pub(crate) fn read(input: &mut BytesMut) -> Result<Option<Packet>, Error> {
    match Packet::read(input, MAX_PACKET) {
        Ok(packet) => Ok(Some(packet)),
        Err(Error::InsufficientBytes(missing)) => {
            input.reserve(missing);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Appends a packet.
pub(crate) fn write(packet: &Packet, out: &mut BytesMut) -> Result<(), Error> {
    packet.write(out, MAX_PACKET).map(drop)
}

/// Appends a PUBLISH packet: MQTT 3.1.1, section 3.3. It takes the topic as it is stored, without a copy for
/// each message, and the payload in parts. The id is for QoS 1 and 2 only.
pub(crate) fn write_publish(
    out: &mut BytesMut,
    topic: &str,
    payload: &[&[u8]],
    qos: QoS,
    retain: bool,
    id: u16,
) {
    let has_id = qos != QoS::AtMostOnce;
    let payload_length: usize = payload.iter().map(|part| part.len()).sum();
    let mut remaining = 2 + topic.len() + usize::from(has_id) * 2 + payload_length;
    out.reserve(remaining + 5);
    out.put_u8(0x30 | (qos as u8) << 1 | u8::from(retain));
    loop {
        let low = u8::try_from(remaining % 128).expect("a remainder of 128");
        remaining /= 128;
        if remaining == 0 {
            out.put_u8(low);
            break;
        }
        out.put_u8(low | 0x80);
    }
    let length = u16::try_from(topic.len()).expect("topics are checked to be at most 1024 bytes");
    out.put_u16(length);
    out.put_slice(topic.as_bytes());
    if has_id {
        out.put_u16(id);
    }
    for part in payload {
        out.put_slice(part);
    }
}
