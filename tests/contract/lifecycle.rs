//! How a connector starts, shows that it lives, and ends.

use serde_json::json;
use support::{Bus, Device, Embedded, Launch, Moment, Mosquitto, World, launch};

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_stop_signal_ends_it_with_a_goodbye() {
    for signal in support::stop_signals() {
        let mut world = World::start(Mosquitto::start().await.into()).await;
        world.settle().await;
        let log = world.mosquitto().log().clone();
        let connected = log.line(" as demo-").await;
        let id = connected.split(' ').find(|word| word.starts_with("demo-")).expect("its id");
        world.connector.stop(signal).await.assert_clean();
        for said in [&*format!("received SIG{signal}"), "Connector stopped."] {
            world.bus.next_where("demo/logs", |log| log.text().contains(said)).await;
        }
        // As opposed to "closed its connection": it has said DISCONNECT.
        log.line(&format!("Client {id} disconnected.")).await;
    }
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_stop_signal_ends_it_with_a_goodbye_in_a_flood() {
    let mut world = World::start(Mosquitto::start().await.into()).await;
    world.select(&json!({ "sensor": { "a": "demo/a" }, "actuator": {} })).await;
    let log = world.mosquitto().log().clone();
    let (mut device, drop) = (world.link, json!({ "a": "x".repeat(1000) }).to_string());
    let flood = tokio::spawn(async move { while device.try_say(&drop).await.is_ok() {} });
    world.bus.next("demo/a").await;
    world.connector.terminate().await.assert_clean();
    log.line(" disconnected.").await;
    flood.await.expect("the connector is gone, which ends the flood");
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_stop_signal_ends_it_while_the_broker_hangs() {
    for signal in support::stop_signals() {
        let mut world = World::start(Mosquitto::start().await.into()).await;
        world.settle().await;
        world.mosquitto().pause().await;
        // Much that is still to be said.
        for _ in 0..100 {
            world.link.say(r#"{"a":1}"#).await;
        }
        world.connector.stop(signal).await.assert_clean();
    }
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_stop_signal_ends_it_while_the_broker_does_not_answer_to_a_connection() {
    for signal in support::stop_signals() {
        let broker = Mosquitto::start().await;
        broker.pause().await;
        let device = Device::start().await;
        let connector = launch(broker.port(), device.address()).start();
        connector.stop(signal).await.assert_clean();
    }
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_stop_signal_ends_it_without_a_broker() {
    for signal in support::stop_signals() {
        let mut broker = Mosquitto::start().await;
        broker.stop().await;
        let connector = launch(broker.port(), Device::start().await.address()).start();
        connector.stdout.line("cannot connect to the broker").await;
        connector.stop(signal).await.assert_clean();
    }
}

#[tokio::test]
async fn heartbeats_come_before_the_one_before_expires() {
    let broker = Embedded::start().await.into();
    let mut world = World::with(broker, |launch| launch.variable("HEARTBEAT_SECONDS", "1")).await;
    let (mut promised, mut before) = (i64::MAX, Moment::now());
    for _ in 0..4 {
        let heartbeat = world.bus.next("demo/heartbeat").await.json();
        let moment = Moment::now();
        let stalled = i64::try_from(moment.stalled_since(before).as_millis()).expect("not long");
        let [now, next] = ["this", "next"].map(|which| {
            heartbeat[format!("{which}_heartbeats_timestamp")].as_i64().expect("milliseconds")
        });
        assert_eq!(next - now, 1000);
        assert!(now - stalled < promised, "{now} is after {promised}, with {stalled} ms of stall");
        (promised, before) = (next, moment);
    }
    world.end().await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn two_of_one_name_run_side_by_side() {
    let often = |launch: Launch| launch.variable("HEARTBEAT_SECONDS", "1");
    let mut world = World::with(Mosquitto::start().await.into(), often).await;
    world.settle().await;
    let second = often(launch(world.broker.port(), world.device.address())).start();
    let mut link = world.device.accept().await;
    world.connector.stdout.line("another connector publishes to").await;
    second.stdout.line("another connector publishes to").await;
    world.bus.next("demo/heartbeat").await;
    world.select(&json!({ "sensor": { "a": "demo/a" }, "actuator": {} })).await;
    world.connector.stdout.line("are selected").await;
    second.stdout.line("are selected").await;
    world.link.say(r#"{"a":"first"}"#).await;
    assert_eq!(world.bus.next("demo/a").await.value(), "first");
    link.say(r#"{"a":"second"}"#).await;
    assert_eq!(world.bus.next("demo/a").await.value(), "second");
    assert!(!world.mosquitto().log().contains("already connected"));
    world.bus.skip("demo/status");
    let ended = second.terminate().await;
    ended.assert_clean();
    assert!(!ended.stdout.contains("lost the connection"), "{}", ended.stdout);
    assert_eq!(world.bus.next("demo/status").await.text(), "offline");
    assert_eq!(world.bus.next("demo/status").await.text(), "online", "the first is still there");
    world.connector.stdout.line("no other connector publishes to").await;
    world.end().await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn the_status_tells_whether_it_is_there() {
    let mut world = World::start(Mosquitto::start().await.into()).await;
    assert_eq!(world.bus.next("demo/status").await.text(), "online");
    world.connector.terminate().await.assert_clean();
    let farewell = world.bus.next("demo/status").await;
    assert_eq!((farewell.text(), farewell.qos), ("offline", 1));

    let killed = launch(world.broker.port(), world.device.address()).start();
    assert_eq!(world.bus.next("demo/status").await.text(), "online");
    killed.signal("KILL").await;
    assert_eq!(world.bus.next("demo/status").await.text(), "offline");
    let mut late = Bus::on(world.broker.port()).await;
    let retained = late.next("demo/status").await;
    assert_eq!((retained.text(), retained.retain), ("offline", true));
}

#[tokio::test]
async fn a_connector_without_a_name_has_the_one_of_its_author() {
    let broker = Embedded::start().await;
    let device = Device::start().await;
    let mut bus = Bus::on(broker.port()).await;
    let launch = Launch::program("tcp_json").variable("CONNECTOR_NAME", "");
    let connector = launch.broker(broker.port()).device(device.address()).start();
    bus.next("tcp-json/heartbeat").await;
    connector.terminate().await.assert_clean();
    bus.assert_contract("tcp-json");
}
