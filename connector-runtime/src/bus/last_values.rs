//! Publishing of the last values of sensors.

use std::sync::Arc;

use bytes::BytesMut;

use crate::{
    bus::{
        known_sensor::KnownSensor,
        wire::{self, ValueWriter},
    },
    mqtt::codec::QoS,
    outbox::{MessageKind, Outbox, Publish},
    time::Timestamp,
};

/// Publishes the last values of the sensors that are selected and have one; returns how many.
pub(super) fn publish_values<'a>(
    outbox: &mut Outbox,
    sensors: impl Iterator<Item = &'a KnownSensor> + Clone,
    qos: QoS,
) -> u64 {
    let mut pending = sensors
        .filter_map(|sensor| Some((sensor, sensor.topic.as_ref()?, sensor.timestamp?)))
        .peekable();
    let (mut writer, mut count) = (ValueWriter::default(), 0);
    if qos == QoS::AtMostOnce {
        let mut push_packet =
            |(sensor, topic, timestamp): &(&KnownSensor, &Arc<str>, Timestamp)| {
                outbox.push_packet(topic, &writer.parts(&sensor.json, *timestamp))
            };
        while let Some((sensor, ..)) = pending.next_if(&mut push_packet) {
            sensor.mark_published();
            count += 1;
        }
    }
    // All payloads share one allocation.
    let bytes = pending.clone().map(|(sensor, ..)| sensor.json.len() + wire::VALUE_FRAME).sum();
    let mut buffer = BytesMut::with_capacity(bytes);
    for (sensor, topic, timestamp) in pending {
        writer.write(&mut buffer, &sensor.json, timestamp);
        sensor.mark_published();
        let (topic, payload) = (Arc::clone(topic), buffer.split().freeze());
        outbox.push(Publish {
            topic,
            payload,
            qos,
            retain: true,
            kind: MessageKind::Value,
            seq: 0,
        });
        count += 1;
    }
    count
}

/// Returns a value that is older than the last one as a message that is not retained, for the
/// present subscribers only.
pub(super) fn past_value(topic: &Arc<str>, json: &[u8], timestamp: Timestamp, qos: QoS) -> Publish {
    let mut payload = BytesMut::new();
    ValueWriter::default().write(&mut payload, json, timestamp);
    let (topic, payload) = (Arc::clone(topic), payload.freeze());
    Publish { topic, payload, qos, retain: false, kind: MessageKind::Value, seq: 0 }
}
