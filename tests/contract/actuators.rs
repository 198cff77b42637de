//! From the bus to the device: which messages are commands, and what the device gets to see.

use rumqttc::QoS;
use serde_json::{Value, json};

use crate::support::{Broker, Device, World, on_both_brokers};

const TOPIC: &str = "demo/messages/1/value";

on_both_brokers! {
    every_json_type_reaches_the_device,
    commands_keep_their_order_and_come_once,
    a_retained_command_is_history,
    what_is_no_command_is_logged,
    only_topics_of_the_map_take_commands,
    a_sensors_topic_takes_no_commands,
    a_command_for_a_device_that_is_away_is_an_error,
}

fn map(actuators: &Value) -> Value {
    json!({ "sensor": {}, "actuator": actuators })
}

fn command(value: &str) -> String {
    format!(r#"{{"value":{value},"timestamp":1573680749000}}"#)
}

fn line(value: &str) -> String {
    format!(r#"{{"set":"room_1__setpoint","value":{value}}}"#)
}

/// Both actuators are selected, and the connector knows that the device is there.
async fn world(broker: Broker) -> World {
    let mut world = World::start(broker).await;
    world.catch_up("ready").await;
    world.select(&map(&json!({ TOPIC: "room_1__setpoint", "other/2": "room_2__setpoint" }))).await;
    world
}

impl World {
    /// A good command, and the proof that the connector still carries it out.
    async fn assert_commands_work(&mut self, value: &str) {
        self.bus.publish(TOPIC, QoS::AtLeastOnce, false, command(value)).await;
        assert_eq!(self.link.hear().await, line(value));
    }
}

async fn every_json_type_reaches_the_device(broker: Broker) {
    let mut world = world(broker).await;
    let values = [
        "21.5",
        "-0.10",
        "9007199254740993",
        "1180591620717411303424",
        "true",
        "null",
        r#""°C 🌡 \n""#,
        r#"[1,null,"x"]"#,
        r#"{"a":{"b":[]}}"#,
        "[]",
        "1e400",
    ];
    for value in values {
        world.assert_commands_work(value).await;
    }
    world.bus.publish("other/2", QoS::ExactlyOnce, false, command("22")).await;
    assert_eq!(world.link.hear().await, r#"{"set":"room_2__setpoint","value":22}"#);
    // Pretty-printed, with a further member, without or with an odd timestamp.
    let odd = [
        "{\r\n  \"value\": [\r\n1],\n\"timestamp\": 1.5e12, \"sender\": \"x\"}",
        r#"{"value":2}"#,
        r#"{"value":3,"timestamp":null}"#,
        r#"{"value":0,"timestamp":1,"value":4}"#,
    ];
    for odd in odd {
        world.bus.publish(TOPIC, QoS::AtLeastOnce, false, odd).await;
        let heard: Value = serde_json::from_str(&world.link.hear().await).expect("JSON");
        let sent: Value = serde_json::from_str(odd).expect("JSON");
        assert_eq!(heard["value"], sent["value"]);
    }
    world.end().await;
}

async fn commands_keep_their_order_and_come_once(broker: Broker) {
    let mut world = world(broker).await;
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        for i in 0..200 {
            world.bus.send(TOPIC, qos, false, command(&i.to_string()));
        }
        for i in 0..200 {
            assert_eq!(world.link.hear().await, line(&i.to_string()), "{qos:?}");
        }
    }
    // Nothing comes twice.
    world.assert_commands_work("\"end\"").await;
    world.end().await;
}

async fn a_retained_command_is_history(broker: Broker) {
    let mut world = World::start(broker).await;
    world.catch_up("ready").await;
    world.bus.publish(TOPIC, QoS::AtLeastOnce, true, command("\"old\"")).await;
    world.publish_map(&map(&json!({ TOPIC: "room_1__setpoint" }))).await;
    world.log("the retained command for `room_1__setpoint`").await;
    world.assert_commands_work("1").await;
    // The retain flag of the sender does not matter for one that is live.
    world.bus.publish(TOPIC, QoS::AtLeastOnce, true, command("2")).await;
    assert_eq!(world.link.hear().await, line("2"));
    // A retained one that comes again because the topic is selected again.
    world.select(&map(&json!({}))).await;
    let both = map(&json!({ TOPIC: "room_1__setpoint", "other/2": "room_2__setpoint" }));
    world.publish_map(&both).await;
    world.log("the retained command for `room_1__setpoint`").await;
    world.assert_commands_work("3").await;
    world.end().await;
}

async fn what_is_no_command_is_logged(broker: Broker) {
    let mut world = world(broker).await;
    let bad: [&[u8]; 13] = [
        b"",
        b"21.5",
        b"no JSON",
        b"{\"value\":21.5",
        b"null",
        b"[]",
        b"{}",
        b"\"value\"",
        b"{\"timestamp\":1573680749000}",
        b"{\"value\":NaN,\"timestamp\":1573680749000}",
        b"{\"value\":1,\"timestamp\":\"yesterday\"}",
        b"{\"value\":\"\xff\",\"timestamp\":1573680749000}",
        b"\xff\xfe",
    ];
    for (i, bad) in bad.into_iter().enumerate() {
        world.bus.publish(TOPIC, QoS::AtLeastOnce, false, bad).await;
        world
            .error("rejected the command for `room_1__setpoint` on `demo/messages/1/value`: ")
            .await;
        world.assert_commands_work(&i.to_string()).await;
    }
    let deep = "[".repeat(100_000);
    world.bus.publish(TOPIC, QoS::AtLeastOnce, false, command(&deep)).await;
    world.error("rejected the command").await;
    world.assert_commands_work("\"end\"").await;
    world.end().await;
}

async fn only_topics_of_the_map_take_commands(broker: Broker) {
    let mut world = world(broker).await;
    for topic in
        ["demo/messages/2/value", "demo/messages/1", "demo/set", "demo/raw_message_reprocess"]
    {
        world.bus.publish(topic, QoS::AtLeastOnce, false, command("\"unmapped\"")).await;
    }
    world.assert_commands_work("1").await;
    world.select(&map(&json!({ "other/2": "room_2__setpoint", "other/3": "nobody" }))).await;
    world.bus.publish(TOPIC, QoS::AtLeastOnce, false, command("\"removed\"")).await;
    world.bus.publish("other/3", QoS::AtLeastOnce, false, command("\"unknown\"")).await;
    world.error("this connector has no actuator `nobody`").await;
    // Another key under the same topic takes effect too.
    world.select(&map(&json!({ "other/2": "room_1__setpoint" }))).await;
    world.bus.publish("other/2", QoS::AtLeastOnce, false, command("2")).await;
    assert_eq!(world.link.hear().await, line("2"));
    world.end().await;
}

async fn a_sensors_topic_takes_no_commands(broker: Broker) {
    let mut world = World::start(broker).await;
    let sensors = json!({ "room_1__setpoint": "demo/echo" });
    let actuators = json!({ "demo/echo": "room_1__setpoint", TOPIC: "room_1__setpoint" });
    world.select(&json!({ "sensor": sensors, "actuator": actuators })).await;
    world.connector.stdout.line("each value would return as a command").await;
    world.link.say(r#"{"room_1":{"setpoint":20}}"#).await;
    world.bus.next("demo/echo").await;
    world.bus.publish("demo/echo", QoS::AtLeastOnce, false, command("\"echo\"")).await;
    world.assert_commands_work("21").await;
    world.end().await;
}

async fn a_command_for_a_device_that_is_away_is_an_error(broker: Broker) {
    let mut world = world(broker).await;
    let address = world.device.address();
    drop((world.device, world.link));
    world.connector.stdout.line("no connection to the device").await;
    world.bus.publish(TOPIC, QoS::AtLeastOnce, false, command("20")).await;
    let log = world.bus.next_where("demo/logs", |log| {
        log.text().contains(": there is no connection to the device")
    });
    assert_eq!(log.await.json()["level"], 40);
    world.device = Device::start_at(address).await;
    world.link = world.device.accept().await;
    world.catch_up("back").await;
    // The old command is not made up for.
    world.assert_commands_work("21").await;
    world.end().await;
}
