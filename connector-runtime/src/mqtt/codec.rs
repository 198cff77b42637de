//! MQTT 3.1.1 packets and their encoding. Only this file depends on the library that provides them.
//!
//! The library is `rumqttc` 0.25.1, of which only the codec is used. Another codec would replace this
//! file and the few lines that build a CONNECT packet. (The embedded broker uses the same library
//! directly.)
//!
//! # Why not its client
//!
//! Both the client of `rumqttc` and that of its fork, `rumqttc-v4-next` 0.34, lose messages that they
//! have accepted. Measured side by side (`cargo test --test faults peers -- --ignored --nocapture`; the
//! table is in the [guide](crate::guide::reliability)), 20 closed connections cost 430 and 437 of 30,000
//! messages, three crashes of the broker 68 and 71 of 6,600, and 12 s without an answer 26 and 27. A lost
//! PUBACK stops the first client forever. The runtime's own client, `Link` in the folder `bus`, loses no
//! message under the same faults.
//!
//! # Why not the fork's codec
//!
//! It would work here after two changes, as its login has another type and its topics are `Bytes`, and it
//! passes the same tests. The runtime would then depend on 70 crates instead of 69. The improvements of
//! the fork are in its client, which is not used here, and its releases, every few weeks, often contain
//! breaking changes. It is the alternative if this codec turns out to have a bug.

use bytes::{BufMut, BytesMut};

pub(crate) use rumqttc::{
    Connect, ConnectReturnCode, LastWill, Login, Packet, PubAck, PubComp, PubRec, PubRel, Publish,
    QoS, Subscribe, SubscribeFilter, SubscribeReasonCode, Unsubscribe,
    mqttbytes::{Error, qos},
};

#[cfg(test)]
pub(crate) use rumqttc::SubAck;

/// The maximum size of a packet in bytes, a limit of the protocol: MQTT 3.1.1, section 2.2.3.
const MAX_PACKET: usize = 268_435_455;

/// The maximum size in bytes of a PUBLISH packet that is read: a datapoint map may have 16 MiB.
pub(super) const LARGEST: usize = 17 << 20;

/// The same for all other packets of a broker. The longest is a SUBACK, with one byte for each of at most
/// 64 filters.
const LARGEST_CONTROL: usize = 1 << 10;

/// How much space is reserved ahead of a large packet. A length that only a few bytes claim must not
/// reserve memory.
const AHEAD: usize = 64 << 10;

/// Takes a packet of a broker from the input.
pub(crate) fn read(input: &mut BytesMut) -> Result<Option<Packet>, Error> {
    if let Some(FixedHeader { first, length, .. }) = fixed_header(input)
        && !is_publish(first)
        && length > LARGEST_CONTROL
    {
        return Err(Error::PayloadSizeLimitExceeded(length));
    }
    match Packet::read(input, LARGEST) {
        Ok(packet) => Ok(Some(packet)),
        Err(Error::InsufficientBytes(missing)) => {
            input.reserve(missing.min(AHEAD));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The fixed header of a packet: MQTT 3.1.1, section 2.2.
pub(super) struct FixedHeader {
    pub(super) first: u8,
    /// The remaining length.
    pub(super) length: usize,
    /// The offset of the variable header.
    pub(super) body: usize,
}

/// Returns the fixed header once it has arrived.
pub(super) fn fixed_header(input: &[u8]) -> Option<FixedHeader> {
    let (&first, rest) = input.split_first()?;
    let mut length = 0;
    for (index, &byte) in rest.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some(FixedHeader { first, length, body: index + 2 });
        }
    }
    None
}

/// Returns whether a packet that begins with this byte is a PUBLISH.
pub(super) fn is_publish(first: u8) -> bool {
    first >> 4 == 3
}

/// Appends a packet to the output.
pub(crate) fn write(packet: &Packet, out: &mut BytesMut) -> Result<(), Error> {
    packet.write(out, MAX_PACKET).map(drop)
}

/// Appends a PUBLISH packet to the output: MQTT 3.1.1, section 3.3. The topic is borrowed, which saves a
/// copy for each message, and the payload is given in parts. The packet id is used at QoS 1 and 2 only.
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
