//! The commands that an author works with: `once`, `send`, `record`, `replay` and `simulate`.

use std::{fs, path::Path};

use rumqttc::QoS;
use serde_json::{Value, json};
use support::{Broker, Bus, Device, Embedded, Folder, Launch, connector::Ended, on_both_brokers};

const READINGS: &str =
    r#"{"inverter":{"power":1250.50,"charge":80,"running":true,"mode":"eco"},"operator":null}"#;

fn tool(program: &str, arguments: &[&str]) -> Launch {
    arguments.iter().fold(Launch::program(program), |launch, argument| launch.argument(argument))
}

/// A command of the plant, whose device is a file.
fn plant(device: &Path, arguments: &[&str]) -> Launch {
    tool("plant", arguments).path("DEVICE_FILE", device)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("it is UTF-8")
}

#[track_caller]
fn assert_refused(ended: &Ended, reason: &str) {
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert!(ended.stderr.contains(reason), "{reason}:\n{}", ended.stderr);
}

#[tokio::test]
async fn once_shows_a_message_of_a_device_that_is_polled() {
    let folder = Folder::new();
    let device = folder.write("device", READINGS);
    let ended = plant(&device, &["once"]).start().wait().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let parsed = "\n  {\n    \"inverter\": {\n      \"power\": 1250.5,";
    for part in ["raw message of `status`:\n", READINGS, parsed, "datapoints: 4\n"] {
        assert!(ended.stdout.contains(part), "{part}:\n{}", ended.stdout);
    }
    let datapoints = ["power    1250.5", "charge   80", "running  true", "mode     \"eco\""];
    for datapoint in datapoints {
        let line = format!("\n  inverter__{datapoint}");
        assert!(ended.stdout.contains(&line), "{line}:\n{}", ended.stdout);
    }
}

#[tokio::test]
async fn once_waits_for_a_device_that_pushes() {
    let device = Device::start().await;
    let launch = tool("tcp_json", &["once", "--format", "json"]).device(device.address());
    let once = launch.start();
    let mut link = device.accept().await;
    link.say(r#"{"a":{"b":1.50}}"#).await;
    let ended = once.wait().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let shown: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(shown["raw_message"], r#"{"a":{"b":1.50}}"#);
    assert_eq!(shown["parsed"], json!({"a": {"b": 1.5}}));
    assert!(ended.stdout.contains("\"a__b\": 1.50"), "its digits stay: {}", ended.stdout);
}

#[tokio::test]
async fn once_tells_what_is_wrong_with_a_message() {
    let folder = Folder::new();
    let device = folder.write("device", "no JSON");
    let ended = plant(&device, &["once"]).start().wait().await;
    assert_refused(&ended, "the plant said what is no JSON");
    assert!(ended.stdout.contains("\n  no JSON\n"), "{}", ended.stdout);
    let silent = plant(&folder.path().join("none"), &["once", "--timeout", "0.3"]);
    let ended = silent.start().wait().await;
    assert_refused(&ended, "no raw message arrived within 300ms");
    assert!(ended.stderr.contains("`status` failed"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_command_reaches_the_device_or_the_reason_is_told() {
    let folder = Folder::new();
    let device = folder.write("device", READINGS);
    let limit = "inverter__power_limit";
    let refused = [
        (limit, "5001", "outside of the range 0 to 5000"),
        (limit, "-1", "outside of the range 0 to 5000"),
        (limit, "much", "\"much\" is not a number between"),
        ("inverter__running", "7", "does not fit"),
        ("inverter__runing", "true", "did you mean `inverter__running`?"),
        ("x", "1", "use one of inverter__power_limit, inverter__running"),
    ];
    for (key, value, reason) in refused {
        for dry_run in [None, Some("--dry-run")] {
            let arguments: Vec<_> = ["send", key, value].into_iter().chain(dry_run).collect();
            assert_refused(&plant(&device, &arguments).start().wait().await, reason);
        }
    }
    let dry = plant(&device, &["send", limit, "250.5", "--dry-run"]).start().wait().await;
    dry.assert_clean();
    assert!(dry.stdout.contains("250.5 would be sent"), "{}", dry.stdout);
    assert_eq!(fs::read_to_string(&device).expect("a file"), READINGS);

    let failed = plant(&device, &["send", limit, "250.5"]).start().wait().await;
    assert_refused(&failed, "the plant wants another DEVICE_PIN");
    let sent = plant(&device, &["send", limit, "250.5"]).variable("DEVICE_PIN", "1234");
    sent.start().wait().await.assert_clean();
    assert_eq!(fs::read_to_string(&device).expect("a file"), "limit 250.5");
    plant(&device, &["send", "inverter__running", "true"]).start().wait().await.assert_clean();
    assert_eq!(fs::read_to_string(&device).expect("a file"), "running true");
}

/// Records what a device says, in a file.
async fn record(folder: &Folder, said: &[&[u8]]) -> std::path::PathBuf {
    let (device, file) = (Device::start().await, folder.path().join("recording"));
    let count = said.len().to_string();
    let arguments = ["record", text(&file), "--count", &count];
    let record = tool("tcp_json", &arguments).device(device.address()).start();
    let mut link = device.accept().await;
    for line in said {
        link.send(line).await;
    }
    let ended = record.wait().await;
    assert_eq!((ended.code, &*ended.stdout), (Some(0), ""), "{}", ended.stderr);
    file
}

async fn replay(file: &Path, more: &[&str]) -> Ended {
    let arguments: Vec<_> =
        ["replay", text(file)].into_iter().chain(more.iter().copied()).collect();
    tool("tcp_json", &arguments).variable("DEVICE_ADDR", "127.0.0.1:1").start().wait().await
}

#[tokio::test]
async fn bytes_that_are_no_text_are_recorded_and_come_back() {
    let folder = Folder::new();
    let said: [&[u8]; 2] = [b"{\"a\":1.50,\"b\":\"x\"}\n", b"\xff\x00\xfe\n"];
    let file = record(&folder, &said).await;
    let recording = fs::read_to_string(&file).expect("a recording");
    let lines: Vec<Value> =
        recording.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["payload"]["raw_message"], "{\"a\":1.50,\"b\":\"x\"}");
    assert_eq!(lines[1]["payload"]["raw_message"], json!({"base64": "/wD+"}));
    assert_eq!(lines[1]["connector_version"], "0.1.0");

    // They come to `parse` as they were, which tells that it cannot read them.
    let ended = replay(&file, &[]).await;
    assert_refused(&ended, "line 2: ");
    let timestamp = &lines[0]["payload"]["timestamp"];
    let expected = format!(
        "{{\"timestamp\":{timestamp},\"key\":\"a\",\"value\":1.50}}\n{{\"timestamp\":{timestamp},\"key\":\"b\",\"value\":\"x\"}}"
    );
    assert_eq!(ended.stdout, expected);
    assert_eq!(replay(&file, &[]).await.stdout, expected, "two replays are the same");

    // What a crash tore is told, and a later recording begins a new line.
    fs::write(&file, &recording[..recording.len() - 20]).expect("a file");
    assert_refused(&replay(&file, &[]).await, "line 2: not an object like");
    record(&folder, &said[..1]).await;
    assert_eq!(fs::read_to_string(&file).expect("a file").lines().count(), 3);
}

#[tokio::test]
async fn two_versions_are_compared() {
    let folder = Folder::new();
    let flat = "{\"raw_message\":\"{\\\"a\\\":1,\\\"b\\\":2}\",\"timestamp\":5}\n";
    let file = folder.write("recording", flat);
    let now = replay(&file, &[]).await;
    now.assert_clean();
    let same = folder.write("same", &now.stdout);
    let ended = replay(&file, &["--diff", text(&same)]).await;
    assert_eq!((ended.code, &*ended.stdout), (Some(0), ""), "{}", ended.stderr);
    let other = folder.write("other", &now.stdout.replace(":2}", ":3}"));
    let ended = replay(&file, &["--diff", text(&other)]).await;
    assert_eq!((ended.code, &*ended.stdout), (Some(1), "-5 b 3\n+5 b 2"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_replay_needs_no_setting_of_the_device() {
    let folder = Folder::new();
    let file = folder.write("recording", "{\"raw_message\":\"{\\\"a\\\":1}\",\"timestamp\":5}\n");
    let ended = tool("tcp_json", &["replay", text(&file)]).start().wait().await;
    assert_eq!((ended.code, &*ended.stdout), (Some(0), r#"{"timestamp":5,"key":"a","value":1}"#));
    assert!(ended.stderr.contains("using made-up values for --device-addr"), "{}", ended.stderr);
}

#[tokio::test]
async fn values_are_not_published_to_nowhere() {
    let ended = replay(Path::new("none"), &["--publish"]).await;
    assert_eq!(ended.code, Some(78));
    assert!(ended.stderr.contains("MQTT_BROKER_HOST is not set"), "{}", ended.stderr);
}

on_both_brokers! {
    recorded_values_are_published_with_their_own_time,
}

async fn recorded_values_are_published_with_their_own_time(broker: Broker) {
    let folder = Folder::new();
    let line = |i| json!({ "raw_message": json!({ "a": i, "b": 0 }).to_string(), "timestamp": i });
    let lines: Vec<_> = (0..100).map(|i| line(i).to_string()).collect();
    let file = folder.write("recording", &lines.join("\n"));
    let publish = || {
        let arguments = ["replay", text(&file), "--publish"];
        let launch = tool("tcp_json", &arguments).broker(broker.port());
        launch.variable("DEVICE_ADDR", "127.0.0.1:1").variable("CONNECTOR_NAME", "demo")
    };
    assert_refused(
        &publish().start().wait().await,
        "there is no datapoint map on `demo/datapoint_map`",
    );

    let mut bus = Bus::on(broker.port()).await;
    let map = json!({ "sensor": { "a": "demo/a" }, "actuator": {} }).to_string();
    bus.publish("demo/datapoint_map", QoS::AtLeastOnce, true, map).await;
    let ended = publish().start().wait().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("published 100 of 200 values"), "{}", ended.stderr);
    for i in 0..100 {
        assert_eq!(bus.next("demo/a").await.json(), json!({ "value": i, "timestamp": i }));
    }
    let topics: Vec<_> = bus.messages().into_iter().map(|message| message.topic).collect();
    assert!(topics.iter().all(|topic| ["demo/a", "demo/datapoint_map"].contains(&&**topic)));
    let mut late = Bus::on(broker.port()).await;
    late.publish("end", QoS::AtLeastOnce, false, "").await;
    assert_eq!(late.count("demo/a"), 0, "what was is not what is");
}

/// A simulated plant that says something ten times a second, and a bus with all that it says.
async fn simulate(more: &[&str]) -> (Embedded, Bus, support::ConnectorProcess) {
    let broker = Embedded::start().await;
    let mut bus = Bus::on(broker.port()).await;
    let sensors = ["power", "charge", "running", "mode"];
    let sensors: serde_json::Map<_, _> = sensors
        .iter()
        .map(|it| (format!("inverter__{it}"), json!(format!("plant/{it}"))))
        .collect();
    let actuators =
        json!({ "set/limit": "inverter__power_limit", "set/running": "inverter__running" });
    let map = json!({ "sensor": sensors, "actuator": actuators }).to_string();
    bus.publish("plant/datapoint_map", QoS::AtLeastOnce, true, map).await;
    let arguments: Vec<_> =
        ["simulate", "--every", "0.01"].into_iter().chain(more.iter().copied()).collect();
    let connector = plant(Path::new("none"), &arguments).broker(broker.port()).start();
    (broker, bus, connector)
}

#[tokio::test]
async fn a_simulated_plant_stays_in_its_ranges_and_takes_commands() {
    let (_broker, mut bus, connector) = simulate(&[]).await;
    let mut power = Vec::new();
    for _ in 0..70 {
        power.push(bus.next("plant/power").await.value().as_f64().expect("a number"));
        let charge = bus.next("plant/charge").await.value().as_u64().expect("a whole number");
        assert!(charge <= 100, "{charge}");
        assert!(["eco", "full"].contains(&bus.next("plant/mode").await.value().as_str().unwrap()));
        assert!(bus.next("plant/running").await.value().is_boolean());
    }
    assert!(power.iter().all(|power| (0.0..=5000.0).contains(power)), "{power:?}");
    assert!(power.iter().any(|power| power < &500.0) && power.iter().any(|power| power > &4500.0));

    for (topic, value) in [("set/limit", "6000"), ("set/limit", "100"), ("set/running", "false")] {
        let command = format!(r#"{{"value":{value},"timestamp":1}}"#);
        bus.publish(topic, QoS::ExactlyOnce, false, command).await;
    }
    connector.stdout.line("outside of the range 0 to 5000").await;
    connector.stdout.line("the simulated device received 100 for `inverter__power_limit`").await;
    connector.stdout.line("the simulated device received false for `inverter__running`").await;
    // By itself it would run again after thirty messages.
    let mut in_a_row = 0;
    while in_a_row < 70 {
        let is_off = bus.next("plant/running").await.value() == false;
        in_a_row = if is_off { in_a_row + 1 } else { 0 };
    }
    connector.terminate().await.assert_clean();
}

#[tokio::test]
async fn a_recording_is_played_in_a_loop_through_the_parser_and_faults_are_seen() {
    let folder = Folder::new();
    let readings = |power: u32| {
        let said = READINGS.replace("1250.50", &power.to_string());
        json!({ "raw_message": said, "timestamp": 5 }).to_string()
    };
    let torn = r#"{"raw_message":"{"#;
    let file = folder.write("recording", &format!("{}\n{}\n{torn}", readings(1), readings(2)));
    let (_broker, mut bus, connector) = simulate(&["--file", text(&file), "--faults"]).await;
    let mut power = Vec::new();
    for _ in 0..5 {
        power.push(bus.next("plant/power").await.value());
    }
    assert!(power.contains(&json!(1.0)) && power.contains(&json!(2.0)), "{power:?}");
    connector.stdout.line("the plant said what is no JSON").await;
    connector.stdout.line("the simulated device is silent for a while").await;
    let ended = connector.terminate().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    assert!(ended.stderr.starts_with("line 3: ") && ended.stderr.lines().count() == 1);
}

#[tokio::test]
async fn what_cannot_be_simulated_is_told() {
    let launch = tool("tcp_json", &["simulate"]).variable("DEVICE_ADDR", "127.0.0.1:1").broker(1);
    assert_refused(&launch.start().wait().await, "pass a recording with --file");
    let folder = Folder::new();
    let file = folder.write("empty", "\n");
    let launch = plant(Path::new("none"), &["simulate", "--file", text(&file)]).broker(1);
    assert_refused(&launch.start().wait().await, "contains no raw message");
}
