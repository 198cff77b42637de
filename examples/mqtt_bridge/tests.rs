//! The bridge between a bus in memory and a broker on the loopback.

mod canned;

use std::net::{Ipv4Addr, SocketAddr};

use connector_runtime::testing::Bus;
use serde_json::{Value, json};

use self::canned::Canned;
use super::*;
use crate::simulator::Devices;

const TOPICS: &str = r#"{
    "sensor_topics": {"plug/power": {}, "plugs/+/power": {}, "all/#": {}},
    "actuator_topics": {"set/relay": {"example_value": "ON"}, "set/level": {"example_value": 5}}
}"#;

fn bridge(remote: SocketAddr, parse_json: bool) -> Bridge {
    Bridge {
        remote_host: remote.ip().to_string(),
        remote_port: remote.port(),
        remote_username: None,
        remote_password: None,
        _remote_tls: "FALSE".to_owned(),
        topic_mapping: TOPICS.parse().unwrap(),
        parse_json,
    }
}

/// Devices on a free port of the loopback.
async fn devices() -> Devices {
    Devices::start((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap()
}

/// Waits until the log says this.
async fn told(bus: &mut Bus, what: &str) {
    while !bus.next("mqtt-connector/logs").await["msg"].as_str().unwrap().contains(what) {}
}

/// A bridge that is connected.
async fn connected(remote: &Devices, parse_json: bool, sensors: &[&str]) -> Bus {
    let mut bus = Bus::start(bridge(remote.broker.address(), parse_json)).await;
    bus.select(sensors).await;
    told(&mut bus, "connected to the device").await;
    bus
}

#[tokio::test]
async fn messages_become_sensors_and_commands_messages() {
    let mut remote = devices().await;
    let sensors = ["plug/power", "plugs/7/power", "all/a/b"];
    let mut bus = connected(&remote, false, &sensors).await;
    for (topic, payload) in sensors.into_iter().zip(["1.50", "on", r#"{"a":1}"#]) {
        remote.publish(topic, payload, false).await;
        assert_eq!(bus.value(topic).await, json!(payload));
    }
    let commands = [
        ("set/relay", json!("ON"), "ON"),
        ("set/level", json!(7.5), "7.5"),
        ("set/level", json!({ "to": [1] }), r#"{"to":[1]}"#),
    ];
    for (topic, value, payload) in commands {
        bus.command(topic, value);
        assert_eq!(remote.commands.recv().await.unwrap(), (topic.to_owned(), payload.to_owned()));
    }
    bus.stop().await;
}

#[tokio::test]
async fn the_topics_are_announced() {
    let remote = devices().await;
    let mut bus = Bus::start(bridge(remote.broker.address(), false)).await;
    let announced = bus.next("mqtt-connector/available_datapoints").await;
    assert_eq!(announced["actuator"], json!({ "set/relay": "ON", "set/level": 5 }));
    bus.stop().await;
}

#[tokio::test]
async fn json_is_flattened_where_it_is_json() {
    let remote = devices().await;
    let sensors = ["plug/power__a__b", "plug/power", "all/list", "all/n"];
    let mut bus = connected(&remote, true, &sensors).await;
    remote.publish("plug/power", r#"{"a":{"b":1.50},"c":null}"#, false).await;
    assert_eq!(bus.value("plug/power__a__b").await, json!(1.5));
    remote.publish("all/list", "[1,2]", false).await;
    assert_eq!(bus.value("all/list").await, json!([1, 2]));
    remote.publish("plug/power", "{ no JSON", false).await;
    told(&mut bus, "`plug/power` is not JSON, so it is published as text: { no JSON").await;
    remote.publish("plug/power", "{ no JSON", false).await;
    assert_eq!(bus.value("plug/power").await, json!("{ no JSON"));
    remote.publish("all/n", "-3", false).await;
    assert_eq!(bus.value("all/n").await, json!(-3));
    bus.stop().await;
}

#[tokio::test]
async fn retained_messages_and_garbage_are_passed_over() {
    let remote = devices().await;
    remote.publish("all/old", "retained", true).await;
    let mut bus = connected(&remote, false, &["all/old", "all/x"]).await;
    remote.publish("all/x", [0xff, 0xfe], false).await;
    told(&mut bus, "the message on `all/x` is not text").await;
    remote.publish("all/x", "text", false).await;
    assert_eq!(bus.value("all/x").await, "text");
    remote.publish("all/old", "new", false).await;
    assert_eq!(bus.value("all/old").await, "new");
    bus.stop().await;
}

#[tokio::test]
async fn large_messages_pass() {
    let remote = devices().await;
    let mut bus = connected(&remote, false, &["all/x"]).await;
    let text = "x".repeat(100_000);
    remote.publish("all/x", text.clone(), false).await;
    assert_eq!(bus.value("all/x").await, json!(text));
    bus.stop().await;
}

#[tokio::test]
async fn the_remote_broker_may_come_and_go() {
    let remote = devices().await;
    let address = remote.broker.address();
    let mut bus = connected(&remote, false, &["all/x"]).await;
    remote.broker.stop().await;
    told(&mut bus, "no connection to the device").await;
    let mut remote = Devices::start(address).await.unwrap();
    let command = loop {
        bus.command("set/relay", "OFF");
        tokio::select! {
            command = remote.commands.recv() => break command.unwrap(),
            // It was refused, as there is no connection yet.
            _ = bus.log() => {}
        }
    };
    assert_eq!(command, ("set/relay".to_owned(), "OFF".to_owned()));
    remote.publish("all/x", "back", false).await;
    assert_eq!(bus.value("all/x").await, "back");
    bus.stop().await;
}

#[tokio::test]
async fn a_refused_login_is_told() {
    let mut remote = Canned::start(&[&[0x20, 2, 0, 5]]).await;
    let mut refused = bridge(remote.address, false);
    (refused.remote_username, refused.remote_password) =
        (Some("me".to_owned()), Some("secret".into()));
    let mut bus = Bus::start(refused).await;
    let login = String::from_utf8_lossy(&remote.read.recv().await.unwrap()).into_owned();
    assert!(login.contains("me") && login.ends_with("secret"), "{login:?}");
    told(&mut bus, "NotAuthorized").await;
    bus.stop().await;
}

#[tokio::test]
async fn a_refused_subscription_is_told() {
    // Three topics: the second one is refused.
    let remote = Canned::start(&[&[0x20, 2, 0, 0], &[0x90, 5, 0, 1, 2, 0x80, 2]]).await;
    let mut bus = Bus::start(bridge(remote.address, false)).await;
    told(&mut bus, "refuses the subscription of `plug/power`").await;
    bus.stop().await;
}

#[test]
fn a_mapping_that_cannot_be_is_refused() {
    let refused = |json: &str| json.parse::<TopicMapping>().unwrap_err().to_string();
    assert!(refused("").contains("EOF"));
    assert!(refused(r#"{"actuator_topics": {}}"#).contains("missing field `sensor_topics`"));
    assert!(refused(r#"{"sensor_topics": {}}"#).contains("missing field `actuator_topics`"));
    let wildcard = r#"{"sensor_topics": {}, "actuator_topics": {"a/+": {"example_value": 1}}}"#;
    assert!(refused(wildcard).contains("`a/+` in actuator_topics"));
    let filter = r#"{"sensor_topics": {"a#": {}}, "actuator_topics": {}}"#;
    assert!(refused(filter).contains("`a#` in sensor_topics"));
}

#[test]
fn what_is_recorded_comes_back() {
    for (payload, recorded) in [(&b"1.5"[..], json!("1.5")), (&[0xff], json!({ "base64": "/w==" }))]
    {
        let message = Message { topic: "a/b".to_owned(), payload: payload.to_vec() };
        let json = message.to_json().unwrap();
        let expected = json!({ "topic": "a/b", "payload": recorded });
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), expected);
        assert_eq!(Message::from_json(&json).unwrap(), message);
    }
}
