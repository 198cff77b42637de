//! Settings as an operator gives them, and what is said about those that cannot be used.

use serde_json::{Value, json};
use support::{Device, Embedded, Launch, World, launch};

#[tokio::test]
async fn bad_settings_are_reported_together() {
    let launch = Launch::program("tcp_json")
        .variable("CONNECTOR_NAME", "a/b")
        .variable("MQTT_BROKER_PORT", "70000")
        .variable("HEARTBEAT_SECONDS", "soon");
    let ended = launch.start().wait().await;
    assert_eq!((ended.code, &*ended.stdout), (Some(78), ""), "{}", ended.stderr);
    let variables = [
        "CONNECTOR_NAME",
        "MQTT_BROKER_PORT",
        "HEARTBEAT_SECONDS",
        "MQTT_BROKER_HOST",
        "DEVICE_ADDR",
    ];
    for variable in variables {
        let faults =
            ended.stderr.lines().filter(|line| line.starts_with(&format!("  - {variable}")));
        assert_eq!(faults.count(), 1, "{variable}:\n{}", ended.stderr);
    }
    let faults = ended.stderr.lines().filter(|line| line.starts_with("  - "));
    assert_eq!(faults.count(), variables.len(), "{}", ended.stderr);
}

#[tokio::test]
async fn a_broker_must_be_named() {
    for host in [None, Some("")] {
        let launch = Launch::program("tcp_json").variable("DEVICE_ADDR", "127.0.0.1:1");
        let launch =
            host.into_iter().fold(launch, |launch, host| launch.variable("MQTT_BROKER_HOST", host));
        let ended = launch.start().wait().await;
        assert_eq!(ended.code, Some(78), "{}", ended.stdout);
        assert!(
            ended.stderr.contains("MQTT_BROKER_HOST") && ended.stderr.contains("missing"),
            "{}",
            ended.stderr
        );
    }
}

#[tokio::test]
async fn the_help_lists_every_variable_with_its_default() {
    // Also where the environment is full of nonsense; none of it is shown.
    let launch = Launch::program("tcp_json").variable("MQTT_BROKER_PORT", "nonsense");
    let ended = launch.variable("MQTT_PASSWORD", "s3cr3t").argument("--help").start().wait().await;
    ended.assert_clean();
    let settings = [
        ("DEVICE_ADDR", ""),
        ("CONNECTOR_NAME", "tcp-json"),
        ("MQTT_BROKER_HOST", ""),
        ("MQTT_BROKER_PORT", "1883"),
        ("MQTT_USERNAME", ""),
        ("MQTT_PASSWORD", ""),
        ("MQTT_TLS", "FALSE"),
        ("MQTT_CA_FILE", ""),
        ("MQTT_CLIENT_CERT_FILE", ""),
        ("MQTT_CLIENT_KEY_FILE", ""),
        ("MQTT_TOPIC_PREFIXES", ""),
        ("MQTT_VALUE_QOS", "1"),
        ("MAX_SENSORS", "50000"),
        ("SEND_RAW_MESSAGE_TO_DB", "FALSE"),
        ("DEBUG", "FALSE"),
        ("HEARTBEAT_SECONDS", "30"),
        ("HEALTH_ADDR", ""),
        ("HEALTH_MAX_AGE_SECONDS", ""),
        ("SPOOL_DIR", ""),
        ("SPOOL_MAX_MIB", "64"),
    ];
    for (variable, default) in settings {
        let default =
            if default.is_empty() { String::new() } else { format!(" [default: {default}]") };
        let expected = format!("[env: {variable}]{default}\n");
        assert!(format!("{}\n", ended.stdout).contains(&expected), "{expected}\n{}", ended.stdout);
    }
    assert_eq!(ended.stdout.matches("[env: ").count(), settings.len(), "{}", ended.stdout);
    assert!(
        !ended.stdout.contains("nonsense") && !ended.stdout.contains("s3cr3t"),
        "{}",
        ended.stdout
    );
}

/// What `check` prints with this broker and this device.
async fn checked(broker: &str, device: &str) -> String {
    let launch = Launch::program("tcp_json").argument("check").variable("CONNECTOR_NAME", "demo");
    let launch = launch.variable("MQTT_BROKER_HOST", broker).variable("DEVICE_ADDR", device);
    let ended = launch.start().wait().await;
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    ended.stdout + &ended.stderr
}

#[tokio::test]
async fn check_prints_neither_logins_nor_long_values_nor_fake_rows() {
    let shown = checked("user:hunter2@broker", "me:hunter2@10.0.0.1").await;
    assert!(shown.contains("***@broker") && shown.contains("***@10.0.0.1"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
    let shown = checked("broker", &"x".repeat(70_000)).await;
    assert!(shown.contains("DEVICE_ADDR") && shown.len() < 10_000, "{shown}");
    let shown = checked("broker", "a\n  MQTT_TLS  true\u{1b}[2J").await;
    assert_eq!(shown.lines().filter(|line| line.starts_with("  MQTT_TLS ")).count(), 1, "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown}");
}

#[tokio::test]
async fn the_version_is_the_authors() {
    let ended = Launch::program("tcp_json").argument("--version").start().wait().await;
    ended.assert_clean();
    assert_eq!(ended.stdout, concat!("tcp-json ", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn a_dotenv_file_fills_what_the_environment_leaves_open() {
    let world = World::with(Embedded::start().await.into(), |launch| {
        launch
            .dotenv("CONNECTOR_NAME=from-the-file\nexport DEBUG='TRUE'\nMQTT_BROKER_PORT=1 # no\n")
    });
    let mut world = world.await;
    // DEBUG is from the file, name and port are from the environment.
    world.log("read settings from").await;
    let is_debug = |log: &support::Message| log.json()["level"] == 10;
    world.link.say(r#"{"a":1}"#).await;
    world.link.say("5").await;
    world.link.say("5").await;
    world.bus.next_where("demo/logs", is_debug).await;
    assert!(world.bus.messages().iter().all(|message| message.topic.starts_with("demo/")));
    world.end().await;
}

/// The levels of the log messages of a run in which a debug message is due.
async fn levels(debug: Option<&str>) -> Vec<Value> {
    let world = World::with(Embedded::start().await.into(), |launch| {
        debug.into_iter().fold(launch, |launch, debug| launch.variable("DEBUG", debug))
    });
    let mut world = world.await;
    world.link.say("5").await;
    world.link.say("5").await;
    world.catch_up("end").await;
    let levels = world.bus.all("demo/logs").iter().map(|log| log.json()["level"].take()).collect();
    world.end().await;
    levels
}

#[tokio::test]
async fn debug_messages_are_published_on_demand() {
    for debug in ["TRUE", "true", " TRUE "] {
        assert!(levels(Some(debug)).await.contains(&json!(10)), "{debug}");
    }
}

#[tokio::test]
async fn debug_messages_are_not_published_otherwise() {
    for debug in [None, Some("FALSE"), Some(""), Some("1")] {
        let levels = levels(debug).await;
        assert!(
            !levels.contains(&json!(10)) && levels.contains(&json!(20)),
            "{debug:?}: {levels:?}"
        );
        // What is neither TRUE nor FALSE earns a warning.
        assert_eq!(levels.contains(&json!(30)), debug == Some("1"), "{debug:?}: {levels:?}");
    }
}

#[tokio::test]
async fn raw_messages_are_recorded_as_they_are() {
    for switch in ["TRUE", "true"] {
        let broker = Embedded::start().await.into();
        let mut world =
            World::with(broker, |launch| launch.variable("SEND_RAW_MESSAGE_TO_DB", switch)).await;
        let lines: [(&[u8], Value); 4] = [
            (b"{\"a\": 1.50}", json!("{\"a\": 1.50}")),
            ("no JSON, but °C".as_bytes(), json!("no JSON, but °C")),
            (b"\xff\x00\x80", json!({ "base64": "/wCA" })),
            (b"{\"a\":\"\xc3\"}", json!({ "base64": "eyJhIjoiwyJ9" })),
        ];
        for (line, recorded) in lines {
            world.link.send(&[line, b"\n"].concat()).await;
            let raw = world.bus.next("demo/raw_message_to_db").await.json();
            assert_eq!(raw["payload"]["raw_message"], recorded);
            assert_eq!(raw["connector_version"], env!("CARGO_PKG_VERSION"));
        }
        world.end().await;
    }
}

#[tokio::test]
async fn raw_messages_are_not_recorded_otherwise() {
    for switch in ["FALSE", "", "1", "yes"] {
        let broker = Embedded::start().await.into();
        let mut world =
            World::with(broker, |launch| launch.variable("SEND_RAW_MESSAGE_TO_DB", switch)).await;
        world.link.say(r#"{"a":1}"#).await;
        world.catch_up("end").await;
        let warned = world.connector.stdout.contains("SEND_RAW_MESSAGE_TO_DB=");
        assert_eq!(warned, !matches!(switch, "FALSE" | ""));
        assert_eq!(world.bus.all("demo/raw_message_to_db"), []);
        world.end().await;
    }
}

#[tokio::test]
async fn a_flag_goes_before_its_variable() {
    let broker = Embedded::start().await;
    let device = Device::start().await;
    let launch = launch(broker.port(), device.address()).variable("MQTT_BROKER_PORT", "1");
    let port = format!("--mqtt-broker-port={}", broker.port());
    let connector = launch.argument(&port).start();
    device.accept().await;
    connector.stdout.line("Connector online").await;
    assert!(!connector.stdout.contains("cannot connect"));
    connector.terminate().await.assert_clean();
}
