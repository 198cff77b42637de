//! Floods of messages that are each logged with a different text.

use rumqttc::QoS;
use serde_json::json;
use support::{Bus, Mosquitto, World, free_port};

use crate::wait::until_counted;

/// How many messages flood the connector.
const FLOOD: usize = 200;

/// At most this many of them are logged: 20, and one in 10 s for as long as a slow machine may take.
const LOGGED: usize = 30;

struct Flooded {
    world: World,
    metrics: u16,
}

impl Flooded {
    async fn start() -> Self {
        let (broker, metrics) = (Mosquitto::start().await, free_port());
        let bus = Bus::on(broker.port()).await;
        let serve = |launch: support::Launch| launch.variable("HEALTH_ADDR", &metrics);
        let mut world = World::of("every_kind", broker.into(), bus, serve).await;
        world.catch_up("ready").await;
        let actuators = json!({ "demo/set/number": "number", "demo/set/text": "text" });
        world.select(&json!({ "sensor": {}, "actuator": actuators })).await;
        Self { world, metrics }
    }

    /// Floods a topic, and waits until a counter has risen.
    async fn flood(&mut self, topic: &str, payload: impl Fn(usize) -> String, counter: &str) {
        for i in 0..FLOOD {
            self.world.bus.send(topic, QoS::AtLeastOnce, false, payload(i));
        }
        until_counted(self.metrics, counter, FLOOD).await;
    }

    /// Stops the connector, which reports the last message: it has logged few of those that begin with
    /// `kind`, and all others are in the report. `hidden` is one that the flood must not hide.
    async fn assert_few(mut self, kind: &str, last: &str, hidden: Option<&str>) {
        if let Some(hidden) = hidden {
            self.world.log(hidden).await;
        }
        let World { connector, mut bus, .. } = self.world;
        let ended = connector.terminate().await;
        ended.assert_clean();
        bus.next_where("demo/logs", |log| log.json()["msg"] == "Connector stopped.").await;
        let logged = bus.all("demo/logs");
        let texts: Vec<_> = logged.iter().map(|log| log.json()["msg"].to_string()).collect();
        let logged = texts.iter().filter(|text| text[1..].starts_with(kind)).count();
        assert!((5..LOGGED).contains(&logged), "{logged} were logged");
        let printed = ended.stdout.lines().filter(|line| line.contains(&format!(": {kind}")));
        let printed = printed.filter(|line| !line.contains(": held back "));
        assert_eq!(printed.count(), logged, "{}", ended.stdout);
        let held_back = format!("held back {} similar messages in ", FLOOD - logged);
        let is_report = |text: &str| {
            text.contains(&held_back)
                && text.contains(&format!("the last one: {kind}"))
                && text.contains(last)
        };
        assert!(texts.iter().any(|text| is_report(text)), "{held_back}.. in {texts:#?}");
        assert!(ended.stdout.lines().any(is_report), "{}", ended.stdout);
        bus.assert_contract("demo");
    }
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn rejected_commands() {
    let mut flooded = Flooded::start().await;
    let payload = |i| json!({ "value": format!("<{i}>") }).to_string();
    flooded.flood("demo/set/number", payload, r#"commands_refused_total{reason="range"}"#).await;
    flooded.world.bus.send("demo/set/text", QoS::AtLeastOnce, false, r#"{"value": true}"#);
    let last = format!("<{}>", FLOOD - 1);
    let hidden = Some("rejected the command for `text`");
    flooded.assert_few("rejected the command for `number`", &last, hidden).await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn rejected_datapoint_maps() {
    let mut flooded = Flooded::start().await;
    let payload = |i| json!({ "sensor": {}, "actuator": i }).to_string();
    let counter = r#"datapoint_maps_total{outcome="refused"}"#;
    flooded.flood("demo/datapoint_map", payload, counter).await;
    flooded.assert_few("rejected the datapoint_map", "", None).await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn rejected_entries_of_datapoint_maps() {
    let mut flooded = Flooded::start().await;
    let payload = |i| json!({ "sensor": { format!("<{i}>"): "#" }, "actuator": {} }).to_string();
    flooded.flood("demo/datapoint_map", payload, "datapoint_map_entries_refused_total").await;
    let last = format!("<{}>", FLOOD - 1);
    flooded.assert_few("datapoint_map: rejected 1 entry", &last, None).await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn rows_of_a_device() {
    let mut flooded = Flooded::start().await;
    let rows: Vec<_> = (0..FLOOD).map(|i| format!("<{i}>")).collect();
    flooded.world.link.say(&rows.join("\n")).await;
    let counter = r#"calls_total{function="parse",outcome="error"}"#;
    until_counted(flooded.metrics, counter, FLOOD).await;
    let last = format!("<{}>", FLOOD - 1);
    flooded.assert_few("a message of `line` was dropped", &last, None).await;
}
