use serde_json::{Value, json};
use tokio::time::Instant;

mod inbound;
mod paced;

use super::*;
use crate::datapoint::Command;

const NOW: Timestamp = Timestamp::from_millis(1_573_680_749_000);

/// The protocol of a connector named `demo` that is online.
fn online() -> Protocol {
    let actuators = vec![
        Actuator::new("setpoint").range(15.0..=30.0).example(21.0),
        Actuator::new("anything").example("x"),
    ];
    let mut protocol = Protocol::new("demo", "1.2.3", Vec::new(), actuators);
    protocol.online();
    protocol
}

/// Returns the messages published since the last call, except the status: topic, payload, QoS,
/// retain.
fn published(protocol: &mut Protocol) -> Vec<(String, Value, u8, bool)> {
    std::iter::from_fn(|| protocol.outbox.pop())
        .filter(|p| &*p.topic != "demo/status")
        .map(|p| {
            let payload = serde_json::from_slice(&p.payload).unwrap();
            (p.topic.to_string(), payload, p.qos as u8, p.retain)
        })
        .collect()
}

fn topics(protocol: &mut Protocol) -> Vec<String> {
    published(protocol).into_iter().map(|(topic, ..)| topic).collect()
}

fn readings(protocol: &mut Protocol, readings: &Value) {
    protocol.readings(&FlatReadings::of(readings).unwrap(), NOW);
}

fn map(protocol: &mut Protocol, map: &Value) {
    let topic = protocol.map_topic().to_owned();
    let message = protocol.message(&topic, map.to_string().as_bytes(), true, NOW);
    assert!(message.unwrap().is_none());
}

fn command(protocol: &mut Protocol, payload: &str) -> Option<Command> {
    let arrival = protocol.message("t", payload.as_bytes(), false, NOW).ok().flatten();
    arrival.map(|arrival| arrival.command)
}

/// Returns why a command is rejected or ignored.
fn refusal(
    protocol: &mut Protocol,
    topic: &str,
    payload: &[u8],
    is_retained: bool,
) -> &'static str {
    let (_, refusal) = protocol.message(topic, payload, is_retained, NOW).unwrap_err();
    refusal.reason()
}

#[test]
fn each_message_has_its_topic_qos_and_retain_flag() {
    let mut protocol = online();
    map(&mut protocol, &json!({"sensor": {"a__b": "demo/messages/1/value"}, "actuator": {}}));
    protocol.raw_message("\"raw\"", NOW);
    readings(&mut protocol, &json!({"a": {"b": 1.5}}));
    protocol.heartbeat(NOW, Duration::from_secs(30));
    protocol.log(&LogMessage {
        timestamp: NOW,
        msg: "text".to_owned(),
        emitter: "here".to_owned(),
        level: 20,
    });
    let (now, next) = (1_573_680_749_000_i64, 1_573_680_779_000_i64);
    let actuator = json!({"setpoint": 21.0, "anything": "x"});
    let announcement = |sensors: Value| {
        let payload = json!({"sensor": sensors, "actuator": actuator});
        ("demo/available_datapoints", payload, 1, true)
    };
    let expected = [
        (
            "demo/heartbeat",
            json!({"this_heartbeats_timestamp": now, "next_heartbeats_timestamp": next}),
            0,
            false,
        ),
        announcement(json!({})),
        (
            "demo/raw_message_to_db",
            json!({"payload": {"raw_message": "raw", "timestamp": now}, "connector_version": "1.2.3"}),
            2,
            false,
        ),
        ("demo/messages/1/value", json!({"value": 1.5, "timestamp": now}), 1, true),
        (
            "demo/logs",
            json!({"timestamp": now, "msg": "text", "emitter": "here", "level": 20}),
            1,
            true,
        ),
        announcement(json!({"a__b": 1.5})),
    ]
    .map(|(topic, payload, qos, retain)| (topic.to_owned(), payload, qos, retain));
    let mut all = published(&mut protocol);
    protocol.proceed(Instant::now());
    all.extend(published(&mut protocol));
    assert_eq!(all, expected);
}

#[test]
fn nothing_is_announced_without_datapoints() {
    let mut protocol = Protocol::new("demo", "1", Vec::new(), Vec::new());
    protocol.online();
    assert_eq!(published(&mut protocol), []);
}

#[test]
fn the_status_is_corrected_when_others_publish_offline() {
    let mut protocol = Protocol::new("demo", "1", Vec::new(), Vec::new());
    let statuses = |protocol: &mut Protocol| -> Vec<_> {
        let published = std::iter::from_fn(|| protocol.outbox.pop());
        published.map(|p| (p.topic.to_string(), p.payload, p.qos as u8, p.retain)).collect()
    };
    let status = |text: &'static str| ("demo/status".to_owned(), text.into(), 1, true);
    assert_eq!(protocol.last_will(), ("demo/status", "offline"));
    protocol.online();
    assert_eq!(statuses(&mut protocol), [status("online")]);
    for (payload, is_retained) in [("online", false), ("offline", true), ("x", false)] {
        protocol.message("demo/status", payload.as_bytes(), is_retained, NOW).unwrap();
        assert_eq!(statuses(&mut protocol), []);
    }
    protocol.message("demo/status", b"offline", false, NOW).unwrap();
    assert_eq!(statuses(&mut protocol), [status("online")]);
    protocol.leave();
    protocol.message("demo/status", b"offline", false, NOW).unwrap();
    assert_eq!(statuses(&mut protocol), [status("offline")]);
}

#[test]
fn a_declared_sensor_is_announced_with_an_example_that_is_never_its_value() {
    let sensors =
        vec![crate::datapoint::Sensor::new("a", crate::datapoint::Kind::Number).example(1.5)];
    let mut protocol = Protocol::new("demo", "1", sensors, Vec::new());
    map(&mut protocol, &json!({"sensor": {"a": "t"}, "actuator": {}}));
    protocol.online();
    let announcement = json!({"sensor": {"a": 1.5}, "actuator": {}});
    let topic = "demo/available_datapoints".to_owned();
    assert_eq!(published(&mut protocol), [(topic, announcement, 1, true)]);
    map(&mut protocol, &json!({"sensor": {"a": "u"}, "actuator": {}}));
    readings(&mut protocol, &json!({"b": 0}));
    protocol.offline(std::iter::empty(), true);
    protocol.online();
    assert_eq!(topics(&mut protocol), ["demo/available_datapoints"]);
    readings(&mut protocol, &json!({"a": 2}));
    let value = json!({"value": 2, "timestamp": NOW.as_millis()});
    assert_eq!(published(&mut protocol), [("u".to_owned(), value, 1, true)]);
}

#[test]
fn only_selected_sensors_are_published_each_time_and_in_order() {
    let mut protocol = online();
    map(&mut protocol, &json!({"sensor": {"c": "3", "a": "1"}, "actuator": {}}));
    for _ in 0..2 {
        readings(&mut protocol, &json!({"a": 1, "b": 2, "c": 3}));
    }
    let expected = ["demo/available_datapoints", "1", "3", "1", "3"];
    assert_eq!(topics(&mut protocol), expected);
}

#[test]
fn a_newly_selected_sensor_is_published_with_its_last_value_and_timestamp() {
    let mut protocol = online();
    readings(&mut protocol, &json!({"a": 1, "b": 2}));
    published(&mut protocol);
    map(&mut protocol, &json!({"sensor": {"b": "t"}, "actuator": {}}));
    let expected = json!({"value": 2, "timestamp": NOW.as_millis()});
    assert_eq!(published(&mut protocol), [("t".to_owned(), expected, 1, true)]);
    // An API that deletes a connector empties the map and fills it again, many times.
    for _ in 0..3 {
        map(&mut protocol, &json!({"sensor": {}, "actuator": {}}));
        map(&mut protocol, &json!({"sensor": {"b": "t"}, "actuator": {}}));
    }
    assert!(protocol.outbox.is_empty(), "the value is retained there");
    map(&mut protocol, &json!({"sensor": {"b": "u"}, "actuator": {}}));
    assert_eq!(topics(&mut protocol), ["u"]);
    map(&mut protocol, &json!({"sensor": {}, "actuator": {}}));
    readings(&mut protocol, &json!({"b": 3}));
    assert!(protocol.outbox.is_empty());
    map(&mut protocol, &json!({"sensor": {"b": "u"}, "actuator": {}}));
    assert_eq!(topics(&mut protocol), ["u"], "another value with the same timestamp");
}

#[test]
fn a_timestamp_of_the_device_becomes_that_of_the_values() {
    let mut protocol = online();
    map(&mut protocol, &json!({"sensor": {"a": "t"}, "actuator": {}}));
    let stamped = crate::readings::Timestamped {
        timestamp: Some(Timestamp::from_millis(7)),
        readings: json!({"a": 1}),
    };
    protocol.readings(&FlatReadings::of(&stamped).unwrap(), NOW);
    let values = published(&mut protocol);
    assert_eq!(values.last().unwrap().1, json!({"value": 1, "timestamp": 7}));
}

#[test]
fn an_announcement_that_the_broker_rejects_blocks_no_other_message() {
    let mut protocol = online();
    let many: Value = (0..500).map(|i| (format!("k{i}"), json!(i))).collect();
    map(&mut protocol, &json!({"sensor": {"k7": "t"}, "actuator": {}}));
    readings(&mut protocol, &many);
    protocol.offline(std::iter::empty(), true);
    protocol.online();
    for _ in 0..6 {
        let announcement = protocol.outbox.pop().filter(|p| p.kind == MessageKind::Passing);
        protocol.offline(announcement.into_iter(), true);
        protocol.online();
    }
    assert_eq!(topics(&mut protocol), ["t"]);
}

#[test]
fn a_dropped_last_value_is_published_again_once_there_is_room() {
    let mut protocol = online();
    map(&mut protocol, &json!({"sensor": {"a": "1", "b": "2"}, "actuator": {}}));
    readings(&mut protocol, &json!({"a": 0, "b": 0}));
    published(&mut protocol);
    protocol.proceed(Instant::now());
    published(&mut protocol);
    protocol.outbox = Outbox::new(2000);
    readings(&mut protocol, &json!({"a": 1}));
    (0..100).for_each(|value| readings(&mut protocol, &json!({"b": value})));
    protocol.heartbeat(NOW, Duration::from_secs(30));
    assert!(!topics(&mut protocol).contains(&"1".to_owned()), "the queue was full");
    protocol.heartbeat(NOW, Duration::from_secs(30));
    assert_eq!(topics(&mut protocol), ["demo/heartbeat", "1"], "there is room for one");
    protocol.proceed(Instant::now());
    assert_eq!(topics(&mut protocol), ["2"]);
    protocol.heartbeat(NOW, Duration::from_secs(30));
    assert_eq!(topics(&mut protocol), ["demo/heartbeat"]);
}

#[test]
fn a_message_on_which_the_broker_disconnects_is_counted() {
    let mut protocol = Protocol::new("demo", "1", Vec::new(), Vec::new());
    protocol.raw_message("1", NOW);
    let raw = protocol.outbox.pop().unwrap();
    for _ in 0..3 {
        protocol.online();
        topics(&mut protocol);
        protocol.offline(std::iter::once(raw.clone()), true);
    }
    let metrics = protocol.metrics.text(&protocol.snapshot());
    assert!(metrics.contains(r#"connector_dropped_total{kind="refused"} 1"#), "{metrics}");
}

#[test]
fn a_silent_broker_does_not_drop_messages() {
    let mut protocol = Protocol::new("demo", "1", Vec::new(), Vec::new());
    protocol.raw_message("1", NOW);
    let raw = protocol.outbox.pop().unwrap();
    for _ in 0..5 {
        protocol.online();
        topics(&mut protocol);
        protocol.offline(std::iter::once(raw.clone()), false);
    }
    let metrics = protocol.metrics.text(&protocol.snapshot());
    assert!(!metrics.contains(r#"kind="refused""#), "{metrics}");
}

#[test]
fn after_a_broken_link_all_last_values_are_published_again() {
    let mut protocol = online();
    let selected = json!({"sensor": {"a": "1", "b": "2"}, "actuator": {"t": "setpoint"}});
    map(&mut protocol, &selected);
    readings(&mut protocol, &json!({"a": 1, "b": 2}));
    let undelivered: Vec<_> =
        std::iter::from_fn(|| protocol.outbox.pop()).filter(|p| &*p.topic == "2").collect();
    protocol.offline(undelivered.into_iter(), true);
    protocol.heartbeat(NOW, Duration::from_secs(30));
    readings(&mut protocol, &json!({"b": 3, "c": 4}));
    assert_eq!(protocol.actuator_topics(), ["t"]);
    protocol.online();
    let values: Vec<_> = published(&mut protocol)
        .into_iter()
        .map(|(topic, payload, ..)| (topic, payload["value"].clone()))
        .collect();
    let expected = [
        ("demo/available_datapoints", Value::Null),
        ("2", json!(2)),
        ("2", json!(3)),
        ("1", json!(1)),
    ]
    .map(|(topic, value)| (topic.to_owned(), value));
    assert_eq!(values, expected);
}

#[test]
fn a_past_value_does_not_hide_the_last_one() {
    let mut protocol = online();
    map(&mut protocol, &json!({"sensor": {"a": "a", "b": "b"}, "actuator": {}}));
    readings(&mut protocol, &json!({"a": 2}));
    published(&mut protocol);
    let before = Timestamp::from_millis(5);
    assert!(protocol.past_readings(&FlatReadings::of(&json!({"a": 1, "b": 7})).unwrap(), before));
    let value = |value: i64, time: Timestamp| json!({"value": value, "timestamp": time});
    let values = |protocol: &mut Protocol| {
        published(protocol).into_iter().filter(|(topic, ..)| topic.len() == 1).collect::<Vec<_>>()
    };
    let expected =
        [("b".into(), value(7, before), 1, true), ("a".into(), value(1, before), 1, false)];
    assert_eq!(values(&mut protocol), expected);

    protocol.past_readings(&FlatReadings::of(&json!({"a": 1})).unwrap(), before);
    protocol.heartbeat(NOW, Duration::from_secs(30));
    let republished = values(&mut protocol);
    assert_eq!(republished[0], ("a".into(), value(1, before), 1, false));
    assert_eq!(republished[1], ("a".into(), value(2, NOW), 1, true), "although `a` waits already");
    protocol.heartbeat(NOW, Duration::from_secs(30));
    assert!(values(&mut protocol).is_empty());
}
