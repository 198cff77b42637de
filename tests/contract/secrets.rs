//! Secrets are not shown, whatever happens.

use rumqttc::QoS;
use support::{Bus, Embedded, Folder, Launch, Mosquitto, free_port};

/// Part of each secret, and of nothing else.
const CANARY: &str = "canary";

fn careless(port: u16) -> Launch {
    let launch = Launch::program("careless").broker(port).variable("DEBUG", "TRUE");
    let launch = launch.variable("MQTT_USERNAME", "me").variable("DEVICE_PIN", "pin-canary");
    launch.variable("DEVICE_URL", "http://me:url-canary@127.0.0.1:1/path")
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn no_secret_leaves_a_connector_that_runs() {
    let password = "password-canary";
    let broker = Mosquitto::with_login("me", password).await;
    let mut bus = Bus::login(broker.port(), Some(("me", password))).await;
    let map = r#"{"sensor": {"": "careless/value"}, "actuator": {"set": "anything"}}"#;
    bus.publish("careless/datapoint_map", QoS::AtLeastOnce, true, map).await;
    let folder = Folder::new();
    let file = folder.write("password", &format!("{password}\n"));
    let launch = careless(broker.port()).path("MQTT_PASSWORD_FILE", &file);
    let connector = launch.variable("SEND_RAW_MESSAGE_TO_DB", "TRUE").start();
    for said in ["http://***@127.0.0.1:1/path", "panicked: with ***", "no device: Careless"] {
        let says = |log: &support::Message| log.text().contains(said);
        bus.next_where("careless/logs", says).await;
    }
    bus.send("set", QoS::AtLeastOnce, false, r#"{"value": "x"}"#);
    bus.next_where("careless/logs", |log| log.text().contains("not with Careless")).await;
    let command_line = connector.command_line();
    assert!(command_line.contains("careless") && !command_line.contains(CANARY), "{command_line}");
    let ended = connector.terminate().await;
    for text in [ended.stdout, ended.stderr] {
        assert!(!text.contains(CANARY), "{text}");
    }
    let said = bus.messages().into_iter().find(|message| message.text().contains(CANARY));
    assert_eq!(said, None);
}

#[tokio::test]
async fn no_secret_is_in_a_fault_of_the_settings() {
    let with = || careless(1).variable("MQTT_PASSWORD", "password-canary");
    let cases = [
        (with().argument("--help"), "MQTT_PASSWORD"),
        (with().argument("--mqtt-password=canary"), "set MQTT_PASSWORD, or MQTT_PASSWORD_FILE"),
        (with().argument("--pin").argument("canary"), "set DEVICE_PIN, or DEVICE_PIN_FILE"),
        (with().argument("--pim=canary"), "--pim"),
        (with().argument("canary"), "an argument is neither a subcommand nor the value of a flag"),
        (with().argument("--pin"), "--pin"),
        (with().variable("MQTT_PASSWORD_FILE", "canary"), "are both set"),
        (with().variable("MQTT_BROKER_HOST", "mqtt://me:canary@host"), "MQTT_USERNAME"),
        (with().variable("MQTT_BROKER_PORT", "me:canary@1"), "from 1 to 65535"),
        (with().variable("CONNECTOR_NAME", "me:canary@/"), "CONNECTOR_NAME=***"),
        (with().variable("MQTT_TOPIC_PREFIXES", "x://me:canary@+"), "MQTT_TOPIC_PREFIXES="),
        (with().variable("HEARTBEAT_SECONDS", "a@canary\n  - forged"), "HEARTBEAT_SECONDS=***"),
    ];
    for (launch, expected) in cases {
        let ended = launch.start().wait().await;
        let text = ended.stdout + &ended.stderr;
        assert!(text.contains(expected) && !text.contains(CANARY), "{expected}:\n{text}");
    }
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_password_that_is_refused_or_cannot_be_sent_is_not_shown() {
    let broker = Mosquitto::with_login("me", "another").await;
    for port in [broker.port(), free_port()] {
        let launch = careless(port).variable("MQTT_PASSWORD", "password-canary");
        let connector = launch.start();
        connector.stdout.line("cannot connect to the broker").await;
        let ended = connector.terminate().await;
        assert!(!(ended.stdout + &ended.stderr).contains(CANARY));
    }
}

#[tokio::test]
async fn a_password_that_others_can_read_on_the_way_is_told_of() {
    let broker = Embedded::start().await;
    let warning = "unencrypted: set MQTT_TLS=TRUE";
    for (host, is_told) in [("127.0.0.1", false), ("localhost", false), ("host.invalid", true)] {
        let launch = careless(broker.port()).variable("MQTT_PASSWORD", "password-canary");
        let connector = launch.variable("MQTT_BROKER_HOST", host).start();
        connector.stdout.line("to the broker").await;
        assert_eq!(connector.stdout.contains(warning), is_told, "{host}");
        connector.terminate().await;
    }
}
