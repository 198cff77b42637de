//! Brokers and devices that come, go, and talk nonsense.

use rumqttc::QoS;
use serde_json::{Value, json};
use support::{
    Broker, Bus, Device, Embedded, Message, Mosquitto, NAME, World, launch, on_both_brokers,
    patiently,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

on_both_brokers! {
    a_broker_that_comes_late_is_awaited,
    all_is_said_again_to_a_broker_that_has_forgotten,
    values_of_an_outage_come_afterwards_in_order,
    a_lost_device_is_found_again,
    a_device_that_comes_late_is_awaited,
    a_broken_line_costs_nothing_but_itself,
    a_line_of_a_megabyte_is_a_line,
}

const SET: &str = r#"{"value":20,"timestamp":1573680749000}"#;

async fn a_broker_that_comes_late_is_awaited(mut broker: Broker) {
    broker.stop().await;
    let device = Device::start().await;
    let connector = launch(broker.port(), device.address()).start();
    connector.stdout.line("cannot connect to the broker at 127.0.0.1:").await;
    broker.start_again().await;
    let bus = Bus::on(broker.port()).await;
    let link = device.accept().await;
    let mut world = World { broker, bus, device, link, connector };
    world.select(&json!({ "sensor": { "a": "demo/a" }, "actuator": {} })).await;
    world.link.say(r#"{"a":1}"#).await;
    assert_eq!(world.bus.next("demo/a").await.value(), 1);
    world.end().await;
}

/// Selects a sensor and an actuator, and has a value published.
async fn busy_world(broker: Broker) -> World {
    let mut world = World::start(broker).await;
    let (sensors, actuators) =
        (json!({ "a": "demo/a" }), json!({ "demo/set": "room_1__setpoint" }));
    world.select(&json!({ "sensor": sensors, "actuator": actuators })).await;
    world.link.say(r#"{"a":1}"#).await;
    world.bus.next("demo/a").await;
    // By the time this is back, the broker has confirmed the value: it does not come again.
    world.bus.publish("test/marker", QoS::ExactlyOnce, false, "x").await;
    world
}

async fn all_is_said_again_to_a_broker_that_has_forgotten(broker: Broker) {
    let mut world = busy_world(broker).await;
    let value = world.bus.all("demo/a").remove(0);
    for topic in ["demo/available_datapoints", "demo/logs", "demo/heartbeat"] {
        world.bus.skip(topic);
    }
    world.outage().await;
    world.recover().await;
    let announced = world.bus.next("demo/available_datapoints").await;
    assert_eq!(announced.json()["sensor"], json!({ "a": 1 }));
    assert_eq!(world.bus.next("demo/a").await, value);
    world.bus.next("demo/heartbeat").await;
    assert_eq!(world.log("lost the connection to the broker").await.json()["level"], 30);
    // The map is in force without being sent again, and commands work.
    world.link.say(r#"{"a":2}"#).await;
    assert_eq!(world.bus.next("demo/a").await.value(), 2);
    world.bus.publish("demo/set", QoS::AtLeastOnce, false, SET).await;
    world.link.hear().await;
    // A map that is sent now is received.
    world.select(&json!({ "sensor": { "a": "demo/b" }, "actuator": {} })).await;
    world.bus.next("demo/b").await;
    let mut late = Bus::on(world.broker.port()).await;
    assert!(late.next("demo/available_datapoints").await.retain);
    world.end().await;
}

async fn values_of_an_outage_come_afterwards_in_order(broker: Broker) {
    let mut world = busy_world(broker).await;
    world.outage().await;
    for i in 0..500 {
        world.link.say(&format!(r#"{{"a":{i}}}"#)).await;
    }
    world.link.say(r#"{"new":"a datapoint of the outage"}"#).await;
    world.link.say("the end of the outage").await;
    world.connector.stdout.line("the line is not JSON").await;
    world.recover().await;
    for i in 0..500 {
        assert_eq!(world.bus.next("demo/a").await.value(), i);
    }
    let has_new = |message: &Message| message.json()["sensor"].get("new").is_some();
    world.bus.next_where("demo/available_datapoints", has_new).await;
    world.catch_up("end").await;
    assert_eq!(world.bus.all("demo/a").len(), 501);
    world.end().await;
}

async fn a_lost_device_is_found_again(broker: Broker) {
    let mut world = busy_world(broker).await;
    drop(world.link);
    world.link = world.device.accept().await;
    let log =
        world.bus.next_where("demo/logs", |log| log.text().contains("no connection to the device"));
    let log = log.await;
    assert!(log.json()["level"] == 40 && log.text().contains("closed the connection"), "{log:?}");
    world.link.say(r#"{"a":2}"#).await;
    assert_eq!(world.bus.next("demo/a").await.value(), 2);
    world.bus.publish("demo/set", QoS::AtLeastOnce, false, SET).await;
    world.link.hear().await;
    world.end().await;
}

async fn a_device_that_comes_late_is_awaited(broker: Broker) {
    let mut bus = Bus::on(broker.port()).await;
    let address = Device::place();
    let connector = launch(broker.port(), address).start();
    let log =
        bus.next_where("demo/logs", |log| log.text().contains("cannot reach 127.0.0.1:")).await;
    // The cause is in the same message.
    assert!(log.json()["level"] == 40 && log.text().contains("refused"), "{log:?}");
    bus.next("demo/heartbeat").await;
    let device = Device::start_at(address).await;
    let link = device.accept().await;
    let mut world = World { broker, bus, device, link, connector };
    world.catch_up("a").await;
    world.end().await;
}

async fn a_broken_line_costs_nothing_but_itself(broker: Broker) {
    let mut world = busy_world(broker).await;
    let deep = format!(r#"{{"a":{}1{}}}"#, r#"{"a":"#.repeat(200), "}".repeat(200));
    let in_lists = format!(r#"{{"a":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let abyss = "[".repeat(1_000_000);
    let lines: [(&[u8], &str); 12] = [
        (b"no JSON", "the line is not JSON"),
        (b"{\"a\":1", "the line is not JSON"),
        (b"{\"a\":NaN}", "the line is not JSON"),
        (b"{\"a\":1}{\"a\":2}", "the line is not JSON"),
        (b"{\"a\":\"\xff\xfe\"}", "the line is not JSON"),
        (b"\0\0\0", "the line is not JSON"),
        (b"5", "readings must be an object"),
        (b"[1]", "readings must be an object"),
        (b"\"a\"", "readings must be an object"),
        (deep.as_bytes(), "levels deep"),
        (in_lists.as_bytes(), "levels deep"),
        (abyss.as_bytes(), "the line is not JSON"),
    ];
    for (i, (line, reason)) in lines.into_iter().enumerate() {
        world.link.send(&[line, b"\n"].concat()).await;
        world.error(reason).await;
        world.link.say(&format!(r#"{{"a":{i}}}"#)).await;
        assert_eq!(world.bus.next("demo/a").await.value(), i);
    }
    // Lines may be empty, and may come in pieces and together.
    world.link.send(b"\n \r\n{\"a\":\"x\"}\r\n{\"a\":").await;
    assert_eq!(world.bus.next("demo/a").await.value(), "x");
    world.link.send(b"\"y\"}\n").await;
    assert_eq!(world.bus.next("demo/a").await.value(), "y");
    world.end().await;
}

async fn a_line_of_a_megabyte_is_a_line(broker: Broker) {
    let mut world = busy_world(broker).await;
    let text = "°".repeat(500_000);
    world.link.say(&json!({ "a": text }).to_string()).await;
    assert!(world.bus.next("demo/a").await.value() == text);
    world.link.say(r#"{"a":3}"#).await;
    assert_eq!(world.bus.next("demo/a").await.value(), 3);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_is_made_again() {
    let mut world = busy_world(Embedded::start().await.into()).await;
    for i in 0..3 {
        let Broker::Embedded(broker) = &world.broker else { panic!("as it was started") };
        // The bus listens again before the connector can say anything.
        world.connector.pause().await;
        let before = world.bus.subscriptions();
        broker.cut();
        world.bus.subscribed_after(before).await;
        world.bus.skip("demo/available_datapoints");
        world.connector.resume().await;
        let is_live = |message: &Message| !message.retain;
        world.bus.next_where("demo/available_datapoints", is_live).await;
        world.bus.publish("demo/set", QoS::AtLeastOnce, false, SET).await;
        world.link.hear().await;
        world.link.say(&format!(r#"{{"a":"after cut {i}"}}"#)).await;
        let is_new = |message: &Message| message.value() == format!("after cut {i}");
        world.bus.next_where("demo/a", is_new).await;
    }
    world.end().await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn what_was_in_flight_is_sent_again_in_order() {
    let mut world = busy_world(Mosquitto::start().await.into()).await;
    world.mosquitto().pause().await;
    for i in 0..50 {
        world.link.say(&format!(r#"{{"a":{i}}}"#)).await;
    }
    world.link.say("the end").await;
    world.connector.stdout.line("the line is not JSON").await;
    // It has read nothing of what is on its way.
    world.outage().await;
    world.recover().await;
    world.bus.next_where("demo/a", |message| message.value() == 49).await;
    let mut values: Vec<_> = world.bus.all("demo/a").iter().map(Message::value).collect();
    // With QoS 1 what the broker took just before it stopped may come twice.
    values.dedup();
    let expected: Vec<_> = [1].into_iter().chain(0..50).map(Value::from).collect();
    assert_eq!(values, expected);
    world.end().await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_message_that_the_broker_does_not_bear_blocks_no_other() {
    let settings = "allow_anonymous true\nmax_packet_size 20000";
    let mut world = World::start(Mosquitto::with(settings).await.into()).await;
    world.select(&json!({ "sensor": { "a": "demo/a", "b": "demo/b" }, "actuator": {} })).await;
    world.link.say(r#"{"a":1,"b":1}"#).await;
    world.link.say(&json!({ "a": "x".repeat(30_000) }).to_string()).await;
    world.link.say(r#"{"a":2,"b":2}"#).await;
    world.bus.next_where("demo/b", |message| message.value() == 2).await;
    world.end().await;
}

#[tokio::test]
async fn what_is_no_broker_is_told_and_tried_again() {
    let web_server = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = web_server.local_addr().expect("it is bound").port();
    let connector = launch(port, Device::place()).start();
    let answer = format!("HTTP/1.1 400 Bad Request\r\n\r\n{}", "no MQTT here ".repeat(100));
    for _ in 0..3 {
        let accepted = patiently(web_server.accept(), || connector.stdout.text()).await;
        let (mut stream, _) = accepted.expect("a connection");
        // It may close the connection before it has read all of this.
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    connector.stdout.line("cannot connect to the broker at 127.0.0.1:").await;
    connector.terminate().await.assert_clean();
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_login_is_used_and_never_shown() {
    const PASSWORD: &str = "s3cr3t-äöü";
    let broker = Mosquitto::with_login("me", PASSWORD).await;
    let mut bus = Bus::login(broker.port(), Some(("me", PASSWORD))).await;
    let device = Device::start().await;
    for (user, password) in [("", ""), ("me", "wrong")] {
        let launch = launch(broker.port(), device.address());
        let launch = launch.variable("MQTT_USERNAME", user).variable("MQTT_PASSWORD", password);
        let connector = launch.variable("DEBUG", "TRUE").start();
        let refused = connector.stdout.line("the broker refuses the connection").await;
        assert!(refused.contains("ERROR") && refused.contains("MQTT_PASSWORD"), "{refused}");
        // It keeps trying.
        connector.stdout.line("cannot connect to the broker at").await;
        connector.stdout.line("DEBUG").await;
        connector.terminate().await.assert_clean();
    }
    let launch = launch(broker.port(), device.address()).variable("MQTT_USERNAME", "me");
    let launch = launch.variable("MQTT_PASSWORD", PASSWORD).variable("DEBUG", "TRUE");
    let connector = launch.start();
    bus.next("demo/heartbeat").await;
    let ended = connector.terminate().await;
    ended.assert_clean();
    assert!(!ended.stdout.contains("s3cr3t"), "{}", ended.stdout);
    bus.next_where("demo/logs", |log| log.text().contains("Connector stopped.")).await;
    assert!(bus.messages().iter().all(|message| !message.text().contains("s3cr3t")));
    bus.assert_contract(NAME);
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_refused_login_is_told_also_after_another_trouble() {
    let mut broker = Mosquitto::with_login("me", "password").await;
    broker.stop().await;
    let connector = launch(broker.port(), Device::place()).start();
    connector.stdout.line("cannot connect to the broker").await;
    broker.start_again().await;
    let refused = connector.stdout.line("the broker refuses the connection").await;
    assert!(refused.contains("ERROR"), "{refused}");
    connector.terminate().await.assert_clean();
}
