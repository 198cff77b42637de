//! The way of a message from its readings to the bytes for the broker, without sockets: flattening alone,
//! and all of it, also beside many datapoints that are known but do not come.

use std::{collections::BTreeMap, hint::black_box};

use bytes::BytesMut;
use connector_runtime::{prelude::*, readings::FlatReadings, testing::machine::Machine};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rumqttc::{Packet, Publish, QoS, SubAck, SubscribeReasonCode};
use serde_json::json;

const LIMIT: usize = 16 << 20;

/// Ten sensors that are known at compile time.
#[derive(Debug, Default, Serialize, Datapoints)]
struct Meter {
    power: f64,
    energy: f64,
    frequency: f64,
    voltage_1: f64,
    voltage_2: f64,
    voltage_3: f64,
    current_1: f64,
    current_2: f64,
    current_3: f64,
    temperature: f64,
}

/// So many sensors that are not.
fn readings(name: &str, count: u32) -> BTreeMap<String, f64> {
    (0..count).map(|index| (format!("{name}_{index}"), f64::from(index) / 8.0)).collect()
}

/// A connector that is connected, and whose sensors with these keys are selected.
fn machine(keys: impl Iterator<Item = String>) -> Machine {
    let mut machine = Machine::new("demo", Vec::new(), LIMIT, 0);
    machine.publish_values_unacknowledged();
    machine.connect().expect("a connection");
    let mut said = machine.say().expect("subscriptions");
    while let Ok(packet) = Packet::read(&mut said, LIMIT) {
        let Packet::Subscribe(subscribe) = packet else { continue };
        let granted = SubscribeReasonCode::Success(QoS::AtMostOnce);
        let codes = vec![granted; subscribe.filters.len()];
        hear(&mut machine, &Packet::SubAck(SubAck::new(subscribe.pkid, codes)));
    }
    let with_topic = |key: String| (key.clone(), format!("t/{key}"));
    let topics: BTreeMap<_, _> = keys.map(with_topic).collect();
    let map = json!({ "sensor": topics, "actuator": {} }).to_string();
    let map = Publish::new("demo/datapoint_map", QoS::AtMostOnce, map);
    hear(&mut machine, &Packet::Publish(map));
    machine
}

fn hear(machine: &mut Machine, packet: &Packet) {
    let mut bytes = BytesMut::new();
    packet.write(&mut bytes, LIMIT).expect("a packet");
    machine.hear(&bytes).expect("packets that the connector understands");
}

fn flatten(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("flatten");
    group.throughput(Throughput::Elements(10));
    let (meter, mut flat) = (Meter::default(), FlatReadings::default());
    group.bench_function("typed", |bencher| bencher.iter(|| flat.record(black_box(&meter))));
    group.bench_function("serialize", |bencher| bencher.iter(|| flat.serialize(black_box(&meter))));
    let dynamic = serde_json::to_value(&meter).expect("an object");
    group.bench_function("value", |bencher| bencher.iter(|| flat.serialize(black_box(&dynamic))));
}

fn datapoints(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("datapoints_of_a_message");
    for count in [1, 10, 100, 1000] {
        let readings = readings("sensor", count);
        let mut machine = machine(readings.keys().cloned());
        group.throughput(Throughput::Elements(count.into()));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| {
                machine.readings(black_box(&readings));
                machine.say()
            });
        });
    }
}

fn known(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("known_beside_a_message_of_10");
    for count in [0, 1000, 100_000] {
        let (message, others) = (readings("sensor", 10), readings("other", count));
        let mut machine = machine(message.keys().cloned());
        machine.readings(&others);
        machine.say().expect("an announcement");
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| {
                machine.readings(black_box(&message));
                machine.say()
            });
        });
    }
}

criterion_group!(benches, flatten, datapoints, known);
criterion_main!(benches);
