//! The datapoint map: what it selects, when, and what it cannot break.

use rumqttc::QoS;
use serde_json::{Map, Value, json};
use support::{Broker, Bus, Device, Mosquitto, World, launch, on_both_brokers};

const MAP: &str = "demo/datapoint_map";

on_both_brokers! {
    a_retained_map_holds_for_the_first_message_of_the_device,
    another_map_replaces_the_one_before,
    the_same_map_again_changes_nothing,
    what_is_no_map_leaves_the_old_one_in_force,
    entries_that_cannot_be_used_are_left_out,
    a_newly_selected_datapoint_gets_its_last_value_at_once,
    a_map_of_five_megabytes_works,
    of_maps_that_come_together_the_last_one_counts,
}

fn map(sensor: &Value, actuator: &Value) -> Value {
    json!({ "sensor": sensor, "actuator": actuator })
}

async fn a_retained_map_holds_for_the_first_message_of_the_device(broker: Broker) {
    let mut bus = Bus::on(broker.port()).await;
    let selection = map(&json!({ "a": "demo/a" }), &json!({}));
    bus.publish(MAP, QoS::ExactlyOnce, true, selection.to_string()).await;
    let device = Device::start().await;
    for i in 0..10 {
        let connector = launch(broker.port(), device.address()).start();
        let mut link = device.accept().await;
        link.say(&format!(r#"{{"a":{i}}}"#)).await;
        link.say(r#"{"a":"later"}"#).await;
        assert_eq!(bus.next("demo/a").await.value(), i);
        assert_eq!(bus.next("demo/a").await.value(), "later");
        connector.terminate().await.assert_clean();
    }
}

async fn another_map_replaces_the_one_before(broker: Broker) {
    let mut world = World::start(broker).await;
    world
        .select(&map(&json!({ "a": "demo/1", "b": "demo/2", "unknown": "demo/9" }), &json!({})))
        .await;
    world.link.say(r#"{"a":1,"b":2,"c":3}"#).await;
    world.bus.next("demo/2").await;
    world.select(&map(&json!({ "b": "demo/2", "c": "elsewhere/3" }), &json!({}))).await;
    world.link.say(r#"{"a":11,"b":12,"c":13}"#).await;
    assert_eq!(world.bus.next("demo/2").await.value(), 12);
    assert_eq!(world.bus.next("elsewhere/3").await.value(), 3);
    assert_eq!(world.bus.next("elsewhere/3").await.value(), 13);
    world.select(&map(&json!({}), &json!({}))).await;
    world.link.say(r#"{"a":21,"b":22,"c":23}"#).await;
    world.catch_up("end").await;
    let counts =
        ["demo/1", "demo/2", "elsewhere/3", "demo/9"].map(|topic| world.bus.all(topic).len());
    assert_eq!(counts, [1, 2, 2, 0]);
    world.end().await;
}

async fn the_same_map_again_changes_nothing(broker: Broker) {
    let mut world = World::start(broker).await;
    let selection = map(&json!({ "a": "demo/a" }), &json!({ "demo/set": "room_1__setpoint" }));
    world.select(&selection).await;
    world.link.say(r#"{"a":1}"#).await;
    world.bus.next("demo/a").await;
    for _ in 0..3 {
        world.bus.publish(MAP, QoS::AtLeastOnce, true, selection.to_string()).await;
    }
    // The same entries in another order, and as other JSON text.
    let text =
        r#"{"x": 1, "actuator":{"demo/set":"room_1__setpoint"}, "sensor":{"\u0061":"demo/a"}}"#;
    world.bus.publish(MAP, QoS::AtLeastOnce, true, text).await;
    let actuators = json!({ "demo/set": "room_1__setpoint", "demo/end": "room_2__setpoint" });
    world.select(&map(&json!({ "a": "demo/b" }), &actuators)).await;
    world.bus.next("demo/b").await;
    assert_eq!(world.bus.all("demo/a").len(), 1);
    if let Some(mosquitto) = world.broker.as_mosquitto() {
        let subscribed = mosquitto.subscriptions("demo-", "demo/end").await;
        assert_eq!(
            subscribed,
            [
                "1 demo/datapoint_map",
                "1 demo/raw_message_reprocess",
                "0 demo/status",
                "0 demo/heartbeat",
                "2 demo/set",
                "2 demo/end"
            ]
        );
    }
    world.connector.stdout.times("are selected", 2).await;
    assert_eq!(world.connector.stdout.count("are selected"), 2);
    world.end().await;
}

async fn what_is_no_map_leaves_the_old_one_in_force(broker: Broker) {
    let mut world = World::start(broker).await;
    world.select(&map(&json!({ "a": "demo/a" }), &json!({}))).await;
    let bad: [&[u8]; 15] = [
        b"",
        b"no JSON",
        b"{\"sensor\":{},\"actuator\":{}",
        b"\xff\xfe{\0}\0",
        b"{\"sensor\":{\"\xff\":\"demo/b\"},\"actuator\":{}}",
        b"null",
        b"5",
        b"\"sensor actuator\"",
        b"[\"sensor\",\"actuator\"]",
        b"[]",
        b"{}",
        b"{\"sensor\":{}}",
        b"{\"actuator\":{}}",
        b"{\"sensor\":[],\"actuator\":{}}",
        b"{\"sensor\":{},\"actuator\":null}",
    ];
    for (i, bad) in bad.into_iter().enumerate() {
        world.bus.publish(MAP, QoS::AtLeastOnce, true, bad).await;
        world.error("rejected the datapoint_map, the previous one stays in force").await;
        world.link.say(&format!(r#"{{"a":{i}}}"#)).await;
        assert_eq!(world.bus.next("demo/a").await.value(), i);
    }
    world.end().await;
}

async fn entries_that_cannot_be_used_are_left_out(broker: Broker) {
    let mut world = World::start(broker).await;
    world.settle().await;
    let long = "!".repeat(70_000);
    let topics = ["", "demo/+/a", "demo/#", "a\0b", "$SYS/a", &long, MAP, "demo/logs", "a\u{ffff}"];
    let mut sensors: Map<_, _> =
        topics.iter().enumerate().map(|(i, topic)| (format!("bad{i}"), json!(topic))).collect();
    let mut actuators: Map<_, _> =
        topics.iter().map(|topic| ((*topic).to_owned(), json!("room_1__setpoint"))).collect();
    for (i, no_text) in [json!(null), json!(5), json!([]), json!({})].into_iter().enumerate() {
        actuators.insert(format!("demo/bad/{i}"), no_text.clone());
        sensors.insert(format!("no_text{i}"), no_text);
    }
    sensors.insert("good".to_owned(), json!("demo/good"));
    actuators.insert("demo/set".to_owned(), json!("room_1__setpoint"));
    let selection = map(&sensors.clone().into(), &actuators.into());
    world.bus.publish(MAP, QoS::AtLeastOnce, true, selection.to_string()).await;
    let refused = world.log("rejected 26 entries: ").await;
    for reason in ["it is empty", "wildcard", "; and 16 more"] {
        assert!(refused.text().contains(reason), "{refused:?}");
    }
    world.log("1 sensor and 1 actuator are selected").await;

    let readings: Map<_, _> = sensors.keys().map(|key| (key.clone(), json!(1))).collect();
    world.link.say(&Value::from(readings).to_string()).await;
    assert_eq!(world.bus.next("demo/good").await.value(), 1);
    world.bus.publish("demo/set", QoS::AtLeastOnce, false, r#"{"value":1,"timestamp":1}"#).await;
    assert_eq!(world.link.hear().await, r#"{"set":"room_1__setpoint","value":1}"#);
    world.catch_up("end").await;
    let known = ["available_datapoints", "logs", "heartbeat", "status", "good", "set"];
    let known = known.map(|below| format!("demo/{below}"));
    let messages = world.bus.messages();
    let other =
        messages.iter().find(|message| message.topic != MAP && !known.contains(&message.topic));
    assert_eq!(other, None);
    assert!(!world.connector.stdout.contains("lost the connection"));
    if let Some(mosquitto) = world.broker.as_mosquitto() {
        assert_eq!(mosquitto.log().count(" as demo-"), 1, "{}", mosquitto.log().text());
    }
    world.end().await;
}

async fn a_newly_selected_datapoint_gets_its_last_value_at_once(broker: Broker) {
    let mut world = World::start(broker).await;
    world.select(&map(&json!({ "b": "demo/b" }), &json!({}))).await;
    world.link.say(r#"{"a":1,"b":1,"c":1}"#).await;
    let first = world.bus.next("demo/b").await.timestamp();
    while now() <= first {
        tokio::task::yield_now().await;
    }
    world.link.say(r#"{"b":2}"#).await;
    let second = world.bus.next("demo/b").await.timestamp();
    assert!(second > first);
    world.select(&map(&json!({ "a": "demo/a", "b": "demo/b", "c": "demo/c" }), &json!({}))).await;
    let expected = json!({ "value": 1, "timestamp": first });
    assert_eq!(world.bus.next("demo/a").await.json(), expected);
    assert_eq!(world.bus.next("demo/c").await.json(), expected);
    // Another topic for a datapoint that was selected before is new too.
    world.select(&map(&json!({ "b": "demo/other" }), &json!({}))).await;
    let expected = json!({ "value": 2, "timestamp": second });
    assert_eq!(world.bus.next("demo/other").await.json(), expected);
    assert_eq!(world.bus.all("demo/b").len(), 2);
    world.end().await;
}

async fn a_map_of_five_megabytes_works(broker: Broker) {
    let mut world = World::start(broker).await;
    let name = |i| format!("building_{i}__{}", "a_long_key_of_a_datapoint__".repeat(2));
    let sensors: Map<_, _> =
        (0..50_000).map(|i| (name(i), json!(format!("demo/messages/{i}/value")))).collect();
    let selection = map(&sensors.into(), &json!({ "demo/set": "room_1__setpoint" }));
    assert!(selection.to_string().len() > 5_000_000);
    world.select(&selection).await;
    world.link.say(&json!({ name(0): 1, name(49_999): 2, "other": 3 }).to_string()).await;
    assert_eq!(world.bus.next("demo/messages/49999/value").await.value(), 2);
    assert_eq!(world.bus.next("demo/messages/0/value").await.value(), 1);
    world.bus.publish("demo/set", QoS::AtLeastOnce, false, r#"{"value":1}"#).await;
    world.link.hear().await;
    world.end().await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_map_beyond_all_measure_is_read_past() {
    let mut world = World::start(Mosquitto::start().await.into()).await;
    world.select(&map(&json!({ "a": "demo/a" }), &json!({}))).await;
    for (qos, size) in
        [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce].into_iter().zip(20_000_000..)
    {
        world.bus.publish(MAP, qos, true, vec![b' '; size]).await;
        world.log(&format!("ignored a message of {size} bytes on `demo/datapoint_map`")).await;
    }
    world.link.say(r#"{"a":1}"#).await;
    assert_eq!(world.bus.next("demo/a").await.value(), 1, "the map before stays in force");
    assert!(!world.connector.stdout.contains("lost the connection"));
    world.end().await;
}

async fn of_maps_that_come_together_the_last_one_counts(broker: Broker) {
    let mut world = World::with(broker, |launch| launch.variable("DEBUG", "TRUE")).await;
    // After a large message the connector has room to read several small ones at once.
    let sensors: Map<_, _> =
        (0..3000).map(|i| (format!("k{i}"), json!(format!("v/{i}")))).collect();
    world.select(&map(&sensors.into(), &json!({}))).await;
    world.connector.pause().await;
    let maps = [json!({ "demo/set": "room_1__setpoint" }), json!({})];
    for actuators in maps.map(|actuators| map(&json!({}), &actuators)) {
        world.bus.publish(MAP, QoS::AtMostOnce, true, actuators.to_string()).await;
    }
    world.connector.resume().await;
    world.log(": 0 sensors and 0 actuators are selected").await;
    world.bus.publish("demo/set", QoS::AtLeastOnce, false, r#"{"value":1}"#).await;
    world.catch_up("end").await;
    // Then what came before on the same connection has been handled too.
    world.select(&map(&json!({ "a": "demo/a" }), &json!({}))).await;
    assert!(!world.connector.stdout.contains("a message on `demo/set`"));
    world.end().await;
}

fn now() -> i64 {
    connector_runtime::Timestamp::now().as_millis()
}
