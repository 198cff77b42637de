//! What a connector tells of itself by HTTP.

use std::time::Duration;

use rumqttc::QoS;
use serde_json::json;
use support::{
    Device, Embedded, Launch, Mosquitto, World, connector::Ended, free_port, get, launch, patiently,
};
use tokio::time::sleep;

/// Asks until this is the answer: the connector tells the bus and HTTP of a change one after the other.
async fn until(port: u16, path: &str, status: u16, text: &str) {
    let asked = async {
        while !get(port, path)
            .await
            .is_some_and(|(code, body)| code == status && body.contains(text))
        {
            sleep(Duration::from_millis(10)).await;
        }
    };
    patiently(asked, || format!("no {status} with {text} at {path}")).await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn it_is_ready_with_broker_and_device_and_fresh_data() {
    let mut broker = Mosquitto::start().await;
    broker.stop().await;
    let (device, port) = (Device::start().await, free_port());
    let connector = launch(broker.port(), device.address())
        .variable("HEALTH_ADDR", &port.to_string())
        .variable("HEALTH_MAX_AGE_SECONDS", "2")
        .start();
    until(port, "/readyz", 503, "broker").await;
    until(port, "/healthz", 200, "ok").await;
    broker.start_again().await;
    let mut link = device.accept().await;
    until(port, "/readyz", 503, "the data of `line` is too old").await;
    let says = async {
        loop {
            link.say("{}").await;
            sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        () = until(port, "/readyz", 200, "ok") => {}
        () = says => {}
    }
    until(port, "/readyz", 503, "the data of `line` is too old").await;
    drop((link, device));
    until(port, "/readyz", 503, "device").await;
    assert_eq!(get(port, "/").await.expect("an answer").0, 404);
    connector.terminate().await.assert_clean();
}

/// The command that containers ask with. It needs no other setting.
async fn healthcheck(port: u16, more: &[&str]) -> Ended {
    let launch = Launch::program("tcp_json").argument("healthcheck");
    let launch = launch.variable("HEALTH_ADDR", &format!("0.0.0.0:{port}"));
    more.iter().fold(launch, |launch, more| launch.argument(more)).start().wait().await
}

#[tokio::test]
async fn a_container_can_ask_how_it_is() {
    let port = free_port();
    let nobody = healthcheck(port, &[]).await;
    assert_eq!(nobody.code, Some(1), "{}", nobody.stderr);
    assert!(nobody.stderr.contains(&format!("http://127.0.0.1:{port}/healthz")));

    let (broker, device) = (Embedded::start().await, Device::start().await);
    let launch = launch(broker.port(), device.address()).variable("HEALTH_ADDR", &port);
    let connector = launch.start();
    let link = device.accept().await;
    until(port, "/readyz", 200, "ok").await;
    healthcheck(port, &[]).await.assert_clean();
    healthcheck(port, &["--ready"]).await.assert_clean();
    drop((link, device));
    until(port, "/readyz", 503, "device").await;
    healthcheck(port, &[]).await.assert_clean();
    let unready = healthcheck(port, &["--ready"]).await;
    assert_eq!(unready.code, Some(1));
    assert!(unready.stderr.contains("there is no connection to the device"), "{}", unready.stderr);
    connector.terminate().await.assert_clean();

    let unset = Launch::program("tcp_json").argument("healthcheck").start().wait().await;
    assert_eq!(unset.code, Some(1));
    assert!(unset.stderr.contains("HEALTH_ADDR is not set"), "{}", unset.stderr);
}

#[tokio::test]
async fn everything_is_counted() {
    let port = free_port();
    let broker = Embedded::start().await.into();
    let set = |launch: Launch| launch.variable("HEALTH_ADDR", &format!(":{port}"));
    let mut world = World::with(broker, set).await;
    let actuators = json!({ "demo/set": "room_1__setpoint" });
    world.select(&json!({ "sensor": { "a": "demo/a" }, "actuator": actuators })).await;
    for line in [r#"{"a":1,"b":2}"#, "no JSON", r#"{"a":3}"#] {
        world.link.say(line).await;
    }
    world.bus.next("demo/a").await;
    world.bus.next("demo/a").await;
    world.bus.publish("demo/set", QoS::AtLeastOnce, false, r#"{"value":1}"#).await;
    world.link.hear().await;
    world.bus.publish("demo/set", QoS::AtLeastOnce, false, r#"{"volume":1}"#).await;
    world.log("rejected the command").await;
    let (status, text) = get(port, "/metrics").await.expect("an answer");
    assert_eq!(status, 200);
    for line in [
        r#"connector_build_info{name="demo",version="0.1.0"} 1"#,
        "connector_values_total 2",
        "connector_commands_total 1",
        "connector_broker_connections_total 1",
        "connector_device_sessions_total 1",
        r#"connector_calls_total{function="line",outcome="ok"} 3"#,
        r#"connector_calls_total{function="parse",outcome="ok"} 2"#,
        r#"connector_calls_total{function="parse",outcome="error"} 1"#,
        r#"connector_commands_refused_total{reason="unreadable"} 1"#,
        r#"connector_datapoint_maps_total{outcome="used"} 1"#,
        r#"connector_datapoints_known{kind="sensor"} 2"#,
        r#"connector_datapoints_selected{kind="actuator"} 1"#,
        r#"connector_connected{to="broker"} 1"#,
        "connector_ready 1",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
    }
    world.end().await;
}
