//! On its way from the readings to the bytes for the broker no value has an allocation of its own.

use std::collections::BTreeMap;

use allocation_counter::measure;
use bytes::BytesMut;
use connector_runtime::testing::machine::Machine;
use rumqttc::{Packet, Publish, QoS, SubAck, SubscribeReasonCode};
use serde_json::json;

const LIMIT: usize = 16 << 20;

/// Readings of so many sensors.
fn readings(count: u16) -> BTreeMap<String, f64> {
    (0..count).map(|index| (format!("sensor_{index}"), f64::from(index) / 8.0)).collect()
}

/// A connector that is connected, and whose sensors are selected.
fn machine(readings: &BTreeMap<String, f64>) -> Machine {
    let mut machine = Machine::new("demo", Vec::new(), LIMIT, 0);
    machine.publish_values_unacknowledged();
    machine.connect().unwrap();
    for packet in packets(machine.say().unwrap()) {
        let Packet::Subscribe(subscribe) = packet else { continue };
        let granted = SubscribeReasonCode::Success(QoS::AtMostOnce);
        let answer = SubAck::new(subscribe.pkid, vec![granted; subscribe.filters.len()]);
        hear(&mut machine, &Packet::SubAck(answer));
    }
    assert!(machine.is_online());
    let topics: BTreeMap<_, _> = readings.keys().map(|key| (key, format!("t/{key}"))).collect();
    let map = json!({ "sensor": topics, "actuator": {} }).to_string();
    hear(&mut machine, &Packet::Publish(Publish::new("demo/datapoint_map", QoS::AtMostOnce, map)));
    machine
}

fn hear(machine: &mut Machine, packet: &Packet) {
    let mut bytes = BytesMut::new();
    packet.write(&mut bytes, LIMIT).unwrap();
    machine.hear(&bytes).unwrap();
}

fn packets(mut bytes: BytesMut) -> Vec<Packet> {
    std::iter::from_fn(|| Packet::read(&mut bytes, LIMIT).ok()).collect()
}

/// The allocations of one message, once the connector has seen others like it.
fn allocations(count: u16) -> u64 {
    let readings = readings(count);
    let mut machine = machine(&readings);
    for _ in 0..3 {
        machine.readings(&readings);
        machine.say().unwrap();
    }
    let mut said = BytesMut::new();
    let info = measure(|| {
        machine.readings(&readings);
        said = machine.say().unwrap();
    });
    let values =
        packets(said).into_iter().filter(|packet| matches!(packet, Packet::Publish(_))).count();
    assert_eq!(values, usize::from(count));
    info.count_total
}

#[test]
fn a_message_has_as_many_allocations_with_few_values_as_with_many() {
    let [few, many] = [64, 512].map(allocations);
    // Buffers grow by doubling: from 64 to 512 three times each.
    assert!(many <= few + 24, "{few} allocations for 64 values, {many} for 512");
}
