//! The last values of sensors, on their way to the broker.

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

/// Publishes the last values of those sensors that are selected and have one; gives their number.
pub(super) fn publish_values<'a>(
    outbox: &mut Outbox,
    sensors: impl Iterator<Item = &'a KnownSensor> + Clone,
    qos: QoS,
) -> u64 {
    let mut to_say = sensors
        .filter_map(|sensor| Some((sensor, sensor.topic.as_ref()?, sensor.timestamp?)))
        .peekable();
    let (mut writer, mut count) = (ValueWriter::default(), 0);
    if qos == QoS::AtMostOnce {
        let mut goes_at_once =
            |(sensor, topic, timestamp): &(&KnownSensor, &Arc<str>, Timestamp)| {
                outbox.push_packet(topic, &writer.parts(&sensor.json, *timestamp))
            };
        while let Some((sensor, ..)) = to_say.next_if(&mut goes_at_once) {
            sensor.is_said();
            count += 1;
        }
    }
    // All payloads lie in one allocation.
    let bytes = to_say.clone().map(|(sensor, ..)| sensor.json.len() + wire::VALUE_FRAME).sum();
    let mut buffer = BytesMut::with_capacity(bytes);
    for (sensor, topic, timestamp) in to_say {
        writer.write(&mut buffer, &sensor.json, timestamp);
        sensor.is_said();
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

/// A value that is older than the last one: it goes to the present subscribers, and the broker does not
/// retain it.
pub(super) fn past_value(topic: &Arc<str>, json: &[u8], timestamp: Timestamp, qos: QoS) -> Publish {
    let mut payload = BytesMut::new();
    ValueWriter::default().write(&mut payload, json, timestamp);
    let (topic, payload) = (Arc::clone(topic), payload.freeze());
    Publish { topic, payload, qos, retain: false, kind: MessageKind::Value, seq: 0 }
}
