//! What the commands beside `run` say of settings, without a running connector.

use rumqttc::QoS;
use support::{Bus, Device, Embedded, Launch, connector::Ended, free_port};

fn check(launch: Launch) -> Launch {
    launch.argument("check")
}

fn tcp_json() -> Launch {
    check(Launch::program("tcp_json"))
}

/// The columns of a line of the table.
fn line<'a>(ended: &'a Ended, variable: &str) -> Vec<&'a str> {
    let mut lines = ended.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|columns| columns.first() == Some(&variable));
    line.unwrap_or_else(|| panic!("no {variable} in:\n{}", ended.stdout))
}

#[tokio::test]
async fn each_setting_is_shown_with_where_it_comes_from() {
    let launch = tcp_json()
        .dotenv("DEVICE_ADDR=127.0.0.1:1\nMQTT_BROKER_PORT=1884\n")
        .variable("CONNECTOR_NAME", "demo")
        .variable("MQTT_BROKER_PORT", "1885")
        .variable("MQTT_USERNAME", "me")
        .variable("MQTT_PASSWORD", "hunter2")
        .argument("--mqtt-broker-host=localhost");
    let ended = launch.start().wait().await;
    ended.assert_clean();
    assert_eq!(line(&ended, "CONNECTOR_NAME"), ["CONNECTOR_NAME", "demo", "environment"]);
    assert_eq!(line(&ended, "MQTT_BROKER_PORT")[1..], ["1885", "environment"]);
    assert_eq!(line(&ended, "MQTT_BROKER_HOST")[1..], ["localhost", "command", "line"]);
    assert_eq!(line(&ended, "MQTT_PASSWORD")[1..], ["***", "environment"]);
    assert_eq!(line(&ended, "HEARTBEAT_SECONDS")[1..], ["30", "default"]);
    assert_eq!(line(&ended, "SPOOL_DIR")[1..], ["-", "not", "set"]);
    let address = line(&ended, "DEVICE_ADDR");
    assert!(address[1] == "127.0.0.1:1" && address[2].ends_with("/.env"), "{address:?}");
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let launch = tcp_json()
        .variable("CONNECTOR_NAME", "a/b")
        .variable("MQTT_BROKER_PORT", "70000")
        .variable("DEVICE_ADR", "127.0.0.1:1")
        .variable("MQTT_TLS_VERSION", "3")
        .variable("OTHER", "1");
    let ended = launch.start().wait().await;
    assert_eq!(ended.code, Some(78), "{}", ended.stderr);
    for part in [
        "CONNECTOR_NAME=a/b: ",
        "MQTT_BROKER_PORT=70000: ",
        "MQTT_BROKER_HOST (or --mqtt-broker-host <HOST>) is missing",
        "DEVICE_ADDR (or --device-addr <HOST:PORT>) is missing",
        "DEVICE_ADR is not a setting: did you mean DEVICE_ADDR",
        "warning: MQTT_TLS_VERSION is not a setting of this connector",
    ] {
        assert!(ended.stderr.contains(part), "{part}:\n{}", ended.stderr);
    }
    assert!(!ended.stderr.contains("OTHER"), "{}", ended.stderr);
    assert_eq!(line(&ended, "MQTT_BROKER_PORT")[1..], ["70000", "environment"]);
}

#[tokio::test]
async fn broker_and_device_are_tried_and_nobody_notices() {
    let (broker, device) = (Embedded::start().await, Device::start().await);
    let mut bus = Bus::on(broker.port()).await;
    let launch = tcp_json().argument("--broker").argument("--device").broker(broker.port());
    let check = launch.variable("CONNECTOR_NAME", "demo").device(device.address()).start();
    let _link = device.accept().await;
    let ended = check.wait().await;
    ended.assert_clean();
    assert!(ended.stdout.contains("broker: ") && ended.stdout.contains("device: opened a session"));
    bus.publish("marker", QoS::AtLeastOnce, false, "{}").await;
    assert_eq!(bus.messages().len(), 1, "{:?}", bus.messages());
}

#[tokio::test]
async fn what_cannot_be_reached_is_told() {
    let launch = tcp_json().argument("--broker").argument("--device").broker(free_port());
    let launch = launch.device(([127, 0, 0, 1], free_port()).into());
    let ended = launch.start().wait().await;
    assert_eq!(ended.code, Some(78), "{}", ended.stderr);
    for part in ["error: broker: ", "error: device: "] {
        assert!(ended.stderr.contains(part), "{part}:\n{}", ended.stderr);
    }
}

#[tokio::test]
async fn the_help_lists_the_commands_and_a_shell_completes_them() {
    let help = Launch::program("tcp_json").argument("--help").start().wait().await;
    let script = Launch::program("tcp_json").argument("completions").argument("bash");
    let script = script.start().wait().await;
    script.assert_clean();
    for command in ["run", "check", "healthcheck", "completions"] {
        assert!(help.stdout.contains(&format!("\n  {command} ")), "{command}:\n{}", help.stdout);
        assert!(script.stdout.contains(&format!("tcp__json__subcmd__{command}\"")), "{command}");
    }
    assert!(script.stdout.contains("--mqtt-broker-host"));
    let ended = Launch::program("tcp_json").argument("completions").start().wait().await;
    assert!(ended.stderr.contains("<SHELL> is missing"), "{}", ended.stderr);
}

#[tokio::test]
async fn run_is_the_default_and_a_command_comes_first() {
    let named = Launch::program("tcp_json").argument("run").argument("--debug=x");
    let named = named.start().wait().await;
    let not_named = Launch::program("tcp_json").argument("--debug=x").start().wait().await;
    assert_eq!((named.code, &named.stderr), (Some(78), &not_named.stderr));
    let late = Launch::program("tcp_json").broker(1).variable("DEVICE_ADDR", "127.0.0.1:1");
    let late = late.argument("--debug=FALSE").argument("check").start().wait().await;
    assert_eq!(late.code, Some(78));
    assert!(late.stderr.contains("`check` must be the first argument"), "{}", late.stderr);
}
