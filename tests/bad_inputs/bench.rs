//! A connector at work that is fed with bad inputs, one after the other, and watched.

use std::{collections::BTreeMap, fs};

use rumqttc::QoS;
use serde_json::{Value, json};
use support::{Bus, Launch, Mosquitto, World, free_port, get, patiently};
use tokio::time::{Duration, sleep};

/// The most memory that a connector may ever have used, in bytes.
const MEMORY: usize = 256 << 20;

/// From one look at the counters to the next.
const PAUSE: Duration = Duration::from_millis(1);

/// What counts here. The calls of `line` and `connect` that succeed belong to what the test does.
const WATCHED: [&str; 7] = [
    "broker_connections",
    "device_sessions",
    "commands",
    "calls",
    "datapoint_map",
    "dropped",
    "messages_too_large",
];
const EXPECTED: [&str; 2] = ["calls line ok", "calls connect ok"];

/// Counters by name and labels, such as `calls parse error`.
type Counters = BTreeMap<String, u64>;

pub(crate) struct Bench {
    pub(crate) world: World,
    metrics: u16,
    counted: Counters,
    device_sessions: u64,
}

impl Bench {
    /// Starts a program whose actuators have these keys. Their commands go to `demo/set/{key}`; the
    /// sensor `x` is selected, too.
    pub(crate) async fn start(program: &str, actuators: &[&str]) -> Self {
        let (broker, metrics) = (Mosquitto::start().await, free_port());
        let bus = Bus::prompt(broker.port()).await;
        let serve = |launch: Launch| launch.variable("HEALTH_ADDR", &metrics);
        let mut world = World::of(program, broker.into(), bus, serve).await;
        world.catch_up("ready").await;
        world.select(&good_map(actuators)).await;
        let mut bench = Self { world, metrics, counted: Counters::new(), device_sessions: 1 };
        bench.counted = bench.counters().await;
        bench
    }

    /// Feeds a command.
    pub(crate) async fn command(&mut self, actuator: &str, payload: &[u8]) {
        let topic = format!("demo/set/{actuator}");
        self.world.bus.publish(&topic, QoS::AtLeastOnce, false, payload).await;
    }

    /// Feeds a datapoint map.
    pub(crate) async fn map(&mut self, payload: &[u8]) {
        self.world.bus.publish("demo/datapoint_map", QoS::AtLeastOnce, true, payload).await;
    }

    /// Waits until exactly these counters have risen since the last time, by so much.
    pub(crate) async fn counts(&mut self, case: &str, expected: &[(&str, u64)]) {
        let expected: Counters =
            expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        let mut risen = Counters::new();
        let counted = async {
            loop {
                let now = self.counters().await;
                risen = self.risen(&now);
                let is_too_many = |(name, count)| expected.get(name).is_none_or(|it| count > it);
                if risen == expected || risen.iter().any(is_too_many) {
                    return now;
                }
                sleep(PAUSE).await;
            }
        };
        let instead = || format!("`{case}` was not counted as {expected:?}");
        let now = patiently(counted, instead).await;
        assert_eq!(risen, expected, "`{case}`:\n{}", self.world.connector.stdout.text());
        self.counted = now;
    }

    /// A good map, a good frame and a good command pass; the link is the first one still.
    pub(crate) async fn still_works(&mut self, actuators: &[&str], value: &str, heard: &str) {
        self.map(good_map(actuators).to_string().as_bytes()).await;
        self.counts("a good map", &[("datapoint_maps used", 1)]).await;
        self.world.bus.skip("demo/x");
        self.world.link.say(r#"{"x":"good"}"#).await;
        assert_eq!(self.world.bus.next("demo/x").await.value(), "good");
        self.counts("a good frame", &[("calls parse ok", 1)]).await;
        self.command(actuators[0], format!(r#"{{"value":{value}}}"#).as_bytes()).await;
        assert_eq!(self.world.link.hear().await, heard);
        self.counts("a good command", &[("commands", 1), ("calls send ok", 1)]).await;
        assert_eq!(self.counted["broker_connections"], 1);
    }

    /// The device is a new connection from now on: that was to be expected.
    pub(crate) async fn device_comes_back(&mut self) {
        self.world.link = self.world.device.accept().await;
        self.device_sessions += 1;
    }

    /// Ends the connector, which has neither lost the broker, nor panicked, nor grown.
    pub(crate) async fn end(self) {
        let World { connector, .. } = &self.world;
        assert_memory(connector.id());
        for trouble in ["panicked", "lost the connection to the broker"] {
            assert!(!connector.stdout.contains(trouble), "{}", connector.stdout.text());
        }
        assert_eq!(self.counted["device_sessions"], self.device_sessions);
        // Nothing on stderr, and every message as the contract has it.
        self.world.end().await;
    }

    fn risen(&self, now: &Counters) -> Counters {
        let risen = now.iter().map(|(name, count)| {
            let before = self.counted.get(name).copied().unwrap_or_default();
            (name.clone(), count - before)
        });
        risen.filter(|(_, by)| *by > 0).collect()
    }

    async fn counters(&self) -> Counters {
        let (_, text) = get(self.metrics, "/metrics").await.expect("the connector serves it");
        text.lines().filter_map(counter).collect()
    }
}

/// Asserts that a connector has never used too much memory.
#[track_caller]
pub(crate) fn assert_memory(process: u32) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("Linux tells of it");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a size");
    let kilobytes: usize = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(kilobytes << 10 < MEMORY, "it has used {kilobytes} kB");
    println!("at most {} MB were in use", kilobytes >> 10);
}

/// A line such as `connector_calls_total{function="parse",outcome="error"} 3`.
fn counter(line: &str) -> Option<(String, u64)> {
    let (name, count) = line.strip_prefix("connector_")?.rsplit_once(' ')?;
    let (name, labels) = name.split_once('{').unwrap_or((name, ""));
    let labels = labels.split('"').skip(1).step_by(2);
    let name = name.strip_suffix("_total")?;
    let name = labels.fold(name.to_owned(), |name, label| format!("{name} {label}"));
    let is_watched = WATCHED.iter().any(|watched| name.starts_with(watched));
    let is_watched = is_watched && !EXPECTED.contains(&&*name);
    is_watched.then(|| Some((name, count.parse().ok()?))).flatten()
}

/// A map that selects the sensor `x` and these actuators.
pub(crate) fn good_map(actuators: &[&str]) -> Value {
    let actuators = actuators.iter().map(|key| (format!("demo/set/{key}"), json!(key)));
    let actuators: serde_json::Map<_, _> = actuators.collect();
    json!({ "sensor": { "x": "demo/x" }, "actuator": actuators })
}
