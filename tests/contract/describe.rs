//! Documents that a connector writes about itself. Those of the plant are in `documents/`:
//! `BLESS=1 cargo test --test contract describe` writes them anew.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use rumqttc::QoS;
use serde_json::{Value, json};
use support::{Folder, Launch, Mosquitto, World, connector::Ended};

/// The formats, and the files that hold them.
const DOCUMENTS: [(&str, &str); 10] = [
    ("table", "plant.txt"),
    ("json", "plant.json"),
    ("markdown", "plant.md"),
    ("env", "plant.env"),
    ("asyncapi", "plant.asyncapi.json"),
    ("compose", "docker-compose.yml"),
    ("systemd", "plant.service"),
    ("acl", "plant.acl"),
    ("hass", "plant.hass.json"),
    ("map", "plant.map.json"),
];

/// These tell neither datapoints nor settings.
const OF_THE_NAME_ALONE: [&str; 2] = ["systemd", "acl"];

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contract/documents").join(name)
}

async fn describe(program: &str, format: &str, more: &[&str]) -> Ended {
    let launch = Launch::program(program).argument("describe").argument("--format");
    let launch = launch.argument(format);
    more.iter().fold(launch, |launch, more| launch.argument(more)).start().wait().await
}

async fn document(format: &str, more: &[&str]) -> String {
    let ended = describe("plant", format, more).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended.stdout
}

async fn json(format: &str, more: &[&str]) -> Value {
    serde_json::from_str(&document(format, more).await).expect("JSON")
}

#[tokio::test]
async fn each_document_is_as_it_is_kept() {
    for (format, name) in DOCUMENTS {
        let path = file(name);
        let does = if env::var_os("BLESS").is_some() { "--update" } else { "--check" };
        let ended = describe("plant", format, &[does, path.to_str().unwrap()]).await;
        assert_eq!((ended.code, &*ended.stdout), (Some(0), ""), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn each_document_is_stale_once_a_field_has_another_name() {
    for (format, name) in DOCUMENTS {
        let path = file(name);
        let path = path.to_str().unwrap();
        let ended = describe("changed_plant", format, &["--check", path]).await;
        if OF_THE_NAME_ALONE.contains(&format) {
            assert_eq!(ended.code, Some(0), "{}", ended.stderr);
            continue;
        }
        assert_eq!(ended.code, Some(1), "{format}");
        let advice = format!("plant describe --format {format} --update {path}");
        assert!(ended.stderr.contains("is stale from line ") && ended.stderr.contains(&advice));
    }
}

#[tokio::test]
async fn a_part_of_a_readme_can_be_kept_fresh() {
    let folder = Folder::new();
    let readme = "# Mine\n<!-- describe:begin -->\nold\n<!-- describe:end -->\nby hand\n";
    let path = folder.write("Readme.md", readme);
    let path = path.to_str().unwrap();
    let stale = describe("plant", "markdown", &["--check", path]).await;
    assert!(stale.stderr.contains("is stale from line 3 on"), "{}", stale.stderr);
    describe("plant", "markdown", &["--update", path]).await;
    assert_eq!(describe("plant", "markdown", &["--check", path]).await.code, Some(0));
    let written = fs::read_to_string(path).unwrap();
    assert!(written.starts_with("# Mine\n<!-- describe:begin -->\n### Configuration\n"));
    assert!(written.ends_with(" |\n<!-- describe:end -->\nby hand\n"), "{written}");
    let half = folder.write("half", "describe:begin\n");
    let ended = describe("plant", "markdown", &["--check", half.to_str().unwrap()]).await;
    assert!(ended.stderr.contains("no line after it contains describe:end"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_document_is_the_same_in_every_environment_and_shows_no_secret() {
    for (format, _) in DOCUMENTS {
        let launch = Launch::program("plant").argument("describe").argument("--format");
        let launch = launch.argument(format).dotenv("DEVICE_PIN=hunter2\nDEBUG=TRUE\n");
        let settings = [("CONNECTOR_NAME", "other"), ("MQTT_USERNAME", "me"), ("DEVICE_FILE", "f")];
        let launch =
            settings.iter().fold(launch, |launch, (name, value)| launch.variable(name, *value));
        let ended = launch.variable("MQTT_PASSWORD", "hunter2").start().wait().await;
        assert_eq!(ended.stdout, document(format, &[]).await);
    }
    let acl = document("acl", &["--connector-name=demo", "--mqtt-username=me"]).await;
    assert!(acl.contains("\nuser me\n") && acl.contains("\ntopic read demo/datapoint_map\n"));
    let acl = document("acl", &["--mqtt-topic-prefixes=site/plant,plant"]).await;
    assert!(acl.contains("\ntopic readwrite site/#"), "{acl}");
    assert!(acl.contains("\n# No permission for `plant` of MQTT_TOPIC_PREFIXES"), "{acl}");
}

#[tokio::test]
async fn asyncapi_is_valid_by_the_official_schema() {
    let schema = fs::read(file("asyncapi-3.0.0.schema.json")).expect("the schema");
    let schema = serde_json::from_slice(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for program in ["plant", "every_kind"] {
        let ended = describe(program, "asyncapi", &[]).await;
        let document: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        let faults: Vec<_> = validator.iter_errors(&document).map(|it| it.to_string()).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
    assert!(!validator.is_valid(&json!({ "asyncapi": "3.0.0" })), "it can say no");
}

#[tokio::test]
async fn the_example_of_settings_can_be_used() {
    let text = document("env", &[]).await;
    let filled = text.replace("\nDEVICE_FILE=\n", "\nDEVICE_FILE=f\n");
    let filled = filled.replace("\nMQTT_BROKER_HOST=\n", "\nMQTT_BROKER_HOST=localhost\n");
    // Its defaults are values that are accepted.
    let all = filled.replace("\n#", "\n");
    let is_setting = |line: &&str| line.contains('=') && !line.contains(' ');
    let all: Vec<_> = all.lines().filter(is_setting).collect();
    assert_eq!(all.len(), 21);
    for text in [filled, all.join("\n")] {
        let check = Launch::program("plant").argument("check").dotenv(&text);
        let ended = check.start().wait().await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn home_assistant_gets_the_topics_of_the_datapoint_map() {
    let folder = Folder::new();
    let map = json!({
        "sensor": { "inverter__power": "house/p" },
        "actuator": { "house/set": "inverter__power_limit" },
    });
    let map = folder.write("map.json", &map.to_string());
    let messages = json("hass", &["--map", map.to_str().unwrap()]).await;
    let messages = messages.as_object().unwrap();
    let topics: Vec<_> = messages.keys().collect();
    let expected = [
        "homeassistant/number/plant/actuator_inverter__power_limit/config",
        "homeassistant/sensor/plant/sensor_inverter__power/config",
    ];
    assert_eq!(topics, expected, "what is not selected has no topic");
    let sensor = &messages[expected[1]];
    assert_eq!(
        (&sensor["state_topic"], &sensor["device_class"]),
        (&json!("house/p"), &json!("power"))
    );
    assert_eq!(messages[expected[0]]["command_topic"], "house/set");
}

/// All tests of the contract run with it. This one shows that it takes effect.
#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn mosquitto_allows_what_the_acl_says_and_no_more() {
    let mut world = World::start(Mosquitto::start().await.into()).await;
    let sensors = json!({ "a": "demo/a" });
    let actuators = json!({ "secret/set": "room_1__setpoint", "demo/set": "room_1__setpoint" });
    world.select(&json!({ "sensor": sensors, "actuator": actuators })).await;
    for (topic, value) in [("secret/set", 1), ("demo/set", 2)] {
        let command = json!({ "value": value, "timestamp": 1 }).to_string();
        world.bus.publish(topic, QoS::ExactlyOnce, false, command).await;
    }
    assert_eq!(world.link.hear().await, r#"{"set":"room_1__setpoint","value":2}"#);
    world.link.say(r#"{"a":1}"#).await;
    world.bus.next("demo/a").await;
    world.end().await;
}
