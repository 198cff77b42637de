//! From the device to the bus: what is announced, and what is published.

use serde_json::{Value, json};
use support::{Broker, Bus, Message, World, on_both_brokers};

on_both_brokers! {
    the_whole_transcript,
    only_new_keys_are_announced_and_none_is_forgotten,
    values_keep_their_types_and_digits,
    what_no_data_base_can_store_is_replaced,
    empty_objects_are_nothing,
    values_can_go_with_qos_0,
    one_message_has_one_time_and_its_order,
    a_flood_arrives_complete_and_in_order,
}

/// The topics of all messages that do not come by themselves, as logs do.
fn topics(messages: &[Message]) -> Vec<&str> {
    let by_itself = ["demo/logs", "demo/heartbeat", "demo/status"];
    let topics = messages.iter().map(|message| &*message.topic);
    topics.filter(|topic| !by_itself.contains(topic)).collect()
}

fn map(sensors: &Value) -> Value {
    json!({ "sensor": sensors, "actuator": {} })
}

async fn the_whole_transcript(broker: Broker) {
    let mut world =
        World::with(broker, |launch| launch.variable("SEND_RAW_MESSAGE_TO_DB", "TRUE")).await;
    let actuators = json!({ "room_1__setpoint": 21.0, "room_2__setpoint": 21.0 });
    let announced = world.bus.next("demo/available_datapoints").await;
    assert_eq!(announced.json(), json!({ "sensor": {}, "actuator": actuators }));
    assert_start(&mut world).await;

    // A message of the device without a map: recorded and announced, but no values.
    let line = r#"{"room_1":{"temperature":21.5},"mode":"auto"}"#;
    world.link.say(line).await;
    let sensors = json!({ "room_1__temperature": 21.5, "mode": "auto" });
    let announced = world.bus.next("demo/available_datapoints").await;
    assert_eq!(announced.json(), json!({ "sensor": sensors, "actuator": actuators }));
    let raw = world.bus.next("demo/raw_message_to_db").await;
    let received = raw.json()["payload"]["timestamp"].as_i64().expect("milliseconds");
    let recorded = json!({ "raw_message": line, "timestamp": received });
    assert_eq!(raw.json(), json!({ "connector_version": "0.1.0", "payload": recorded }));

    // A map: the last value at once, with its own time. Then each message's value.
    world.select(&map(&json!({ "room_1__temperature": "demo/messages/7/value" }))).await;
    let value = world.bus.next("demo/messages/7/value").await;
    assert_eq!(value.json(), json!({ "value": 21.5, "timestamp": received }));
    world.link.say(r#"{"room_1":{"temperature":22},"mode":"off"}"#).await;
    let value = world.bus.next("demo/messages/7/value").await;
    let raw = world.bus.next("demo/raw_message_to_db").await;
    let received = raw.json()["payload"]["timestamp"].as_i64().expect("milliseconds");
    assert_eq!(value.json(), json!({ "value": 22, "timestamp": received }));
    assert_said(&world.bus);
    assert_retained(&world, &value.json()).await;
    world.end().await;
}

/// After the announcement: status, log, heartbeat.
async fn assert_start(world: &mut World) {
    let status = world.bus.next("demo/status").await;
    assert_eq!((status.text(), status.qos), ("online", 1));
    let online = world.log("Connector online").await;
    assert_eq!(online.json()["level"], 20);
    let heartbeat = world.bus.next("demo/heartbeat").await;
    let promise = |member: &str| heartbeat.json()[member].as_i64().expect("milliseconds");
    assert_eq!(promise("next_heartbeats_timestamp") - promise("this_heartbeats_timestamp"), 30_000);
    let first = world.bus.messages().into_iter().next().expect("there are messages");
    assert_eq!(first.topic, "demo/available_datapoints");
}

/// Nothing else was said. Raw messages of QoS 2 may come later than what follows them.
#[track_caller]
fn assert_said(bus: &Bus) {
    let messages = bus.messages();
    let mut said = topics(&messages);
    said.retain(|topic| *topic != "demo/raw_message_to_db");
    let expected = [
        "demo/available_datapoints",
        "demo/available_datapoints",
        "demo/datapoint_map",
        "demo/messages/7/value",
        "demo/messages/7/value",
    ];
    assert_eq!(said, expected);
    assert_eq!(bus.all("demo/raw_message_to_db").len(), 2);
    // The quality of service is the reference's, or higher; nothing live is flagged as retained.
    for message in &messages {
        let least = if message.topic == "demo/raw_message_to_db" { 2 } else { 0 };
        assert!(message.qos >= least && !message.retain, "{message:?}");
    }
}

/// What is retained is what somebody finds who comes later.
async fn assert_retained(world: &World, value: &Value) {
    let mut late = Bus::on(world.broker.port()).await;
    let mut kept = Vec::new();
    for below in ["available_datapoints", "datapoint_map", "logs", "status", "messages/7/value"] {
        kept.push(late.next(&format!("demo/{below}")).await);
    }
    assert!(kept.iter().all(|message| message.retain), "{kept:?}");
    assert_eq!(kept[4].json(), *value);
    late.publish("marker", rumqttc::QoS::AtLeastOnce, false, r#"{"value":0,"timestamp":0}"#).await;
    assert_eq!(late.messages().len(), kept.len() + 1, "{:?}", late.messages());
}

async fn only_new_keys_are_announced_and_none_is_forgotten(broker: Broker) {
    let mut world = World::start(broker).await;
    world.settle().await;
    world.select(&map(&json!({ "a": "demo/a", "b__c": "demo/c" }))).await;
    for (line, topic) in [
        (r#"{"a":1}"#, "demo/a"),
        (r#"{"a":2}"#, "demo/a"),
        (r#"{"a":3,"b":{"c":4}}"#, "demo/c"),
        (r#"{"b":{"c":5}}"#, "demo/c"),
        (r#"{"a":6}"#, "demo/a"),
    ] {
        world.link.say(line).await;
        world.bus.next(topic).await;
    }
    world.catch_up("end").await;
    let announced: Vec<_> =
        world.bus.all("demo/available_datapoints").iter().map(Message::json).collect();
    let sensors: Vec<_> = announced.iter().map(|announced| &announced["sensor"]).collect();
    let expected = [
        json!({}),
        json!({ "a": 1 }),
        json!({ "a": 3, "b__c": 4 }),
        json!({ "a": 6, "b__c": 5, "end": true }),
    ];
    assert_eq!(sensors, expected.iter().collect::<Vec<_>>());
    let messages = world.bus.messages();
    let said: Vec<_> = topics(&messages).into_iter().map(|topic| &topic[5..]).collect();
    let announced = "available_datapoints";
    let expected =
        [announced, "datapoint_map", announced, "a", "a", announced, "a", "c", "c", "a", announced];
    assert_eq!(said, expected);
    world.end().await;
}

async fn values_keep_their_types_and_digits(broker: Broker) {
    let mut world = World::start(broker).await;
    let values = [
        "9007199254740993",
        "1180591620717411303424",
        "-9223372036854775808",
        "18446744073709551616",
        "21.5",
        "1.50",
        "1e-7",
        "0",
        "true",
        "false",
        "null",
        r#""""#,
        r#""22.3""#,
        r#""🌡 21 °C \" \\ \n""#,
        "[]",
        r#"[1,"x",null,[2.50,{"a":{"b":[]}}]]"#,
    ];
    let keys: Vec<_> = (0..values.len()).map(|i| format!("k{i}")).collect();
    let sensors: Value = keys
        .iter()
        .map(|key| (key.clone(), format!("demo/{key}").into()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    world.select(&map(&sensors)).await;
    let members: Vec<_> =
        keys.iter().zip(values).map(|(key, value)| format!(r#""{key}":{value}"#)).collect();
    world.link.say(&format!("{{{}}}", members.join(","))).await;
    for (key, value) in keys.iter().zip(values) {
        let message = world.bus.next(&format!("demo/{key}")).await;
        let start = format!(r#"{{"value":{value},"timestamp":"#);
        assert!(message.text().starts_with(&start), "{value}: {message:?}");
    }
    let announced = world.bus.all("demo/available_datapoints").pop().expect("it is announced");
    for member in &members {
        assert!(announced.text().contains(member), "{member}: {announced:?}");
    }
    world.end().await;
}

async fn what_no_data_base_can_store_is_replaced(broker: Broker) {
    let mut world = World::start(broker).await;
    world
        .select(&map(&json!({ "big": "demo/big", "text": "demo/text", "list": "demo/list" })))
        .await;
    world.link.say(r#"{"big":1e400,"text":"a\ud800b\u0000c","list":["\u0000",-1e999]}"#).await;
    assert_eq!(world.bus.next("demo/big").await.value(), Value::Null);
    assert_eq!(world.bus.next("demo/text").await.value(), "a\u{fffd}bc");
    assert_eq!(world.bus.next("demo/list").await.value(), json!(["", null]));
    assert_eq!(world.log("`big` is not a finite number").await.json()["level"], 30);
    assert_eq!(world.log("`list` is not a finite number").await.json()["level"], 30);
    world.link.say(r#"{"big":1e400}"#).await;
    world.catch_up("end").await;
    world.connector.stdout.line("`big` is not a finite number").await;
    assert_eq!(world.connector.stdout.count("`big` is not a finite number"), 1);
    world.end().await;
}

async fn empty_objects_are_nothing(broker: Broker) {
    let mut world = World::start(broker).await;
    world.settle().await;
    world.select(&map(&json!({ "a": "demo/a", "a__b": "demo/b", "": "demo/empty" }))).await;
    for line in ["{}", r#"{"a":{}}"#, r#"{"a":{"b":{"c":{}}}}"#] {
        world.link.say(line).await;
    }
    world.catch_up("end").await;
    let messages = world.bus.messages();
    let expected = ["demo/available_datapoints", "demo/datapoint_map", "demo/available_datapoints"];
    assert_eq!(topics(&messages), expected);
    let announced =
        messages.iter().rfind(|message| message.topic == expected[0]).expect("there is one");
    assert_eq!(announced.json()["sensor"], json!({ "end": true }));
    world.end().await;
}

async fn values_can_go_with_qos_0(broker: Broker) {
    let mut world = World::with(broker, |launch| launch.variable("MQTT_VALUE_QOS", "0")).await;
    world.select(&map(&json!({ "a": "demo/a" }))).await;
    world.link.say(r#"{"a":1}"#).await;
    let value = world.bus.next("demo/a").await;
    assert_eq!((value.value(), value.qos), (json!(1), 0));
    let mut late = Bus::on(world.broker.port()).await;
    assert!(late.next("demo/a").await.retain);
    world.end().await;
}

async fn one_message_has_one_time_and_its_order(broker: Broker) {
    let mut world = World::start(broker).await;
    let keys = ["z", "a", "m__y", "m__b", "__", "ü"];
    let sensors: serde_json::Map<_, _> =
        keys.iter().map(|key| ((*key).to_owned(), format!("demo/value/{key}").into())).collect();
    world.select(&map(&sensors.into())).await;
    for i in 0..50 {
        world
            .link
            .say(&format!(r#"{{"z":{i},"a":{i},"m":{{"y":{i},"b":{i}}},"__":{i},"ü":{i}}}"#))
            .await;
    }
    world.catch_up("end").await;
    let mut values = world.bus.messages();
    values.retain(|message| message.topic.starts_with("demo/value/"));
    assert_eq!(values.len(), 50 * keys.len());
    let mut before = 0;
    for (i, of_one_message) in values.chunks(keys.len()).enumerate() {
        let said: Vec<_> =
            of_one_message.iter().map(|value| &value.topic["demo/value/".len()..]).collect();
        assert_eq!(said, keys);
        let time = of_one_message[0].timestamp();
        assert!(of_one_message.iter().all(|value| value.timestamp() == time), "{of_one_message:?}");
        assert!(of_one_message.iter().all(|value| value.value() == i), "{i}: {of_one_message:?}");
        assert!(before <= time);
        before = time;
    }
    world.end().await;
}

async fn a_flood_arrives_complete_and_in_order(broker: Broker) {
    let mut world = World::start(broker).await;
    world.select(&map(&json!({ "a": "demo/a" }))).await;
    for i in 0..5000 {
        world.link.say(&format!(r#"{{"a":{i}}}"#)).await;
    }
    world.catch_up("end").await;
    let values: Vec<_> = world.bus.all("demo/a").iter().map(Message::value).collect();
    assert_eq!(values, (0..5000).map(Value::from).collect::<Vec<_>>());
    world.end().await;
}
