//! MQTT 3.1.1 packets and their bytes: the one place that knows which library they come from.
//!
//! Of `rumqttc` 0.25.1 this takes the codec only; whoever would use another one exchanges this file.
//! (The embedded broker reads and writes by the same library, on its own.)
//!
//! # Why not its client
//!
//! Measured side by side (`cargo test --test faults peers -- --ignored --nocapture`; the table is in the
//! [guide](crate::guide::reliability)), neither that client nor the one of its fork,
//! `rumqttc-v4-next` 0.34, keeps what it was given: with a clean session both forget what is in flight
//! and what waits when a connection breaks. Neither tells which message was acknowledged, so nobody
//! else can keep it for them either. With a [`Link`](super::link) of our own, nothing of that concerns us, and
//! a packet is read and written the same way by both.
//!
//! # Why not the fork's codec
//!
//! It compiles in this place with two changes (a login has another type, and a topic is `Bytes`) and
//! brings one crate more. It has fixes that only its client needs, one author, and breaking
//! releases every few weeks. Should the codec of `rumqttc` turn out to be wrong, it is the next one.

use bytes::BytesMut;

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
