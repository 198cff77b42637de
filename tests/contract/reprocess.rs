//! Raw messages of the past, which come back to be processed again.

use rumqttc::QoS;
use serde_json::json;

use crate::support::{Broker, Bus, World, on_both_brokers};

on_both_brokers! {
    a_message_of_the_past_gives_its_values_again,
    what_is_newest_stays_retained_and_is_said_last,
    what_cannot_be_processed_is_told,
    what_the_broker_retains_is_not_processed_with_each_connection,
}

const TOPIC: &str = "demo/raw_message_reprocess";

async fn start(broker: Broker) -> World {
    let settings = [("SEND_RAW_MESSAGE_TO_DB", "TRUE"), ("HEARTBEAT_SECONDS", "1")];
    let mut world = World::with(broker, |launch| {
        settings.iter().fold(launch, |launch, (name, value)| launch.variable(name, *value))
    })
    .await;
    world.settle().await;
    let sensors = json!({ "a": "demo/a", "b": "demo/b" });
    world.select(&json!({ "sensor": sensors, "actuator": {} })).await;
    world
}

async fn reprocess(world: &mut World, message: &str) {
    world.bus.publish(TOPIC, QoS::AtLeastOnce, false, message).await;
}

async fn a_message_of_the_past_gives_its_values_again(broker: Broker) {
    let mut world = start(broker).await;
    // As the raw message data base may hold it, of a datapoint that was never seen since.
    reprocess(&mut world, r#"{"raw_message":"{\"b\":7}","timestamp":1573680749000}"#).await;
    let value = world.bus.next("demo/b").await;
    assert_eq!(value.json(), json!({ "value": 7, "timestamp": 1_573_680_749_000_i64 }));
    let announced = world.bus.next("demo/available_datapoints").await;
    assert_eq!(announced.json()["sensor"], json!({ "b": 7 }));
    let log = world.log("reprocessed 1 of 1 raw message").await;
    assert_eq!(log.json()["level"], 20);
    assert!(world.bus.all("demo/raw_message_to_db").is_empty(), "it is recorded already");
    world.end().await;
}

async fn what_is_newest_stays_retained_and_is_said_last(broker: Broker) {
    let mut world = start(broker).await;
    world.link.say(r#"{"a":1}"#).await;
    let mut recorded = world.bus.next("demo/raw_message_to_db").await.json();
    let timestamp = &mut recorded["payload"]["timestamp"];
    let before = timestamp.as_i64().expect("milliseconds") - 1000;
    *timestamp = before.into();
    world.bus.next("demo/a").await;
    world.link.say(r#"{"a":2}"#).await;
    let new = world.bus.next("demo/a").await;

    reprocess(&mut world, &recorded.to_string()).await;
    let old = world.bus.next("demo/a").await;
    assert_eq!(old.json(), json!({ "value": 1, "timestamp": before }));
    let mut late = Bus::on(world.broker.port()).await;
    assert_eq!(late.next("demo/a").await.json(), new.json(), "it is retained");
    assert_eq!(world.bus.next("demo/a").await.json(), new.json(), "for who takes the last one");
    world.end().await;
}

async fn what_cannot_be_processed_is_told(broker: Broker) {
    let mut world = start(broker).await;
    for (message, reason) in [
        ("no JSON", "line 1 column"),
        (r#"{"payload":{"timestamp":1}}"#, "raw_message"),
        (r#"{"raw_message":"{\"a\":1}"}"#, "timestamp"),
        (r#"{"raw_message":[1],"timestamp":1}"#, "base64"),
        (r#"{"raw_message":"{\"a\":","timestamp":1}"#, "EOF"),
    ] {
        reprocess(&mut world, message).await;
        let log = world.log("a raw message cannot be reprocessed").await;
        assert_eq!(log.json()["level"], 40);
        assert!(log.text().contains(reason), "{log:?}");
    }
    reprocess(&mut world, r#"{"raw_message":"{\"a\":1}","timestamp":1}"#).await;
    assert_eq!(world.bus.next("demo/a").await.timestamp(), 1);
    world.log("reprocessed 1 of ").await;
    world.end().await;
}

async fn what_the_broker_retains_is_not_processed_with_each_connection(broker: Broker) {
    let mut bus = Bus::on(broker.port()).await;
    let message = r#"{"raw_message":"{\"a\":1}","timestamp":1}"#;
    bus.publish(TOPIC, QoS::AtLeastOnce, true, message).await;
    let mut world = World::of("tcp_json", broker, bus, |launch| launch).await;
    world.log("ignored a retained raw message").await;
    world.catch_up("b").await;
    assert_eq!(world.bus.all("demo/available_datapoints").len(), 2, "`a` is not known");
    world.end().await;
}
