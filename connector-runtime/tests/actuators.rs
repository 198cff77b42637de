//! Actuators of all kinds: alone, several of one method, families, and those that are found on the way.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use connector_runtime::{BusSettings, prelude::*, testing::Bus};
use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};

/// A gateway of stations, some of which are not known from the start.
#[connector(name = "gateway")]
struct Gateway {
    #[arg(skip)]
    stations: Arc<Mutex<BTreeSet<String>>>,
    #[arg(skip)]
    sent: Option<mpsc::UnboundedSender<String>>,
    #[arg(skip)]
    registers: Vec<Actuator>,
    #[arg(skip = tokio::sync::Mutex::new(mpsc::channel(1).1))]
    hellos: tokio::sync::Mutex<mpsc::Receiver<String>>,
}

const MINUTE: Duration = Duration::from_mins(1);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Eco,
    Comfort,
}

#[derive(Debug, Deserialize)]
struct Schedule {
    from: u8,
    to: u8,
}

#[connector]
impl Gateway {
    #[receive]
    async fn hello(&self) -> Result<String> {
        let station = self.hellos.lock().await.recv().await.context("the test is over")?;
        self.stations.lock().unwrap().insert(station.clone());
        Ok(station)
    }

    #[parse]
    fn readings(raw: &str) -> Result<Value> {
        Ok(json!({ raw: { "power": 0 } }))
    }

    #[send("mode", example = "eco")]
    async fn mode(&self, mode: Mode) -> Result<()> {
        self.sent(format!("mode {mode:?}"))
    }

    #[send("schedule")]
    fn schedule(&self, Schedule { from, to }: Schedule) -> Result<()> {
        self.sent(format!("schedule {from} to {to}"))
    }

    #[send("name", max_len = 5)]
    fn name(&self, name: String) -> Result<()> {
        self.sent(format!("name {name}"))
    }

    #[send("valve_1", "valve_2", range = 0..=100)]
    fn valve(&self, key: &str, percent: u8, at: Timestamp) -> Result<()> {
        ensure!(at.as_millis() > 0, "a command has a time");
        self.sent(format!("{key} {percent}"))
    }

    #[send("{station}__current", each = self.known(), range = 6..=32, one_of = [0])]
    async fn current(&self, station: &str, amperes: u8) -> Result<()> {
        self.sent(format!("{station} takes {amperes} A"))
    }

    #[send("{station}__on", each = self.known())]
    async fn on(&self, station: &str, on: bool) -> Result<()> {
        self.sent(format!("{station} {}", if on { "on" } else { "off" }))
    }

    #[send("power", range = 0..=100, max_age = MINUTE, monotonic)]
    fn power(&self, percent: u8) -> Result<()> {
        self.sent(format!("power {percent}"))
    }

    #[send("pump", queue = latest, min_interval = MINUTE)]
    fn pump(&self, on: bool) -> Result<()> {
        self.sent(format!("pump {on}"))
    }

    #[send("limit", failsafe = 6, after = 60 * MINUTE, retained = accept)]
    fn limit(&self, amperes: u8) -> Result<()> {
        self.sent(format!("limit {amperes}"))
    }

    #[send(each = self.registers.clone())]
    async fn register(&self, key: &str, value: f64) -> Result<()> {
        self.sent(format!("register {key} {value}"))
    }

    fn known(&self) -> Vec<String> {
        self.stations.lock().unwrap().iter().cloned().collect()
    }

    fn sent(&self, what: String) -> Result<()> {
        Ok(self.sent.as_ref().context("no test")?.send(what)?)
    }
}

struct World {
    bus: Bus,
    sent: mpsc::UnboundedReceiver<String>,
    hello: mpsc::Sender<String>,
}

async fn world() -> World {
    let mut world = unselected().await;
    world.bus.select(&[]).await;
    world
}

async fn unselected() -> World {
    let (hello, hellos) = mpsc::channel(1);
    let (sender, sent) = mpsc::unbounded_channel();
    let gateway = Gateway {
        stations: Arc::new(Mutex::new(["a".to_owned()].into())),
        sent: Some(sender),
        registers: vec![Actuator::new("r1").range(0.5..=1.5), Actuator::new("b__on2")],
        hellos: tokio::sync::Mutex::new(hellos),
    };
    World { bus: Bus::start(gateway).await, sent, hello }
}

impl World {
    async fn assert_sent(&mut self, key: &str, value: Value, expected: &str) {
        self.bus.command(key, value);
        self.assert_next(expected).await;
    }

    async fn assert_next(&mut self, expected: &str) {
        let sent = timeout(120 * MINUTE, self.sent.recv()).await;
        assert_eq!(sent.unwrap().unwrap(), expected);
    }

    async fn assert_refused(&mut self, key: &str, value: Value, reason: &str) {
        self.bus.command(key, value);
        self.assert_told(key, reason).await;
    }

    /// A command made at this time.
    fn command_of(&self, key: &str, value: u8, timestamp: i64, retain: bool) {
        let command = json!({ "value": value, "timestamp": timestamp });
        self.bus.publish(&format!("gateway/messages/{key}/command"), &command, retain);
    }

    async fn assert_told(&mut self, key: &str, reason: &str) {
        let log = self.bus.log().await["msg"].as_str().unwrap().to_owned();
        assert!(log.contains(reason) && log.contains(key), "{log}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_key_reaches_its_method() {
    let mut world = world().await;
    world.assert_sent("mode", json!("comfort"), "mode Comfort").await;
    world.assert_sent("schedule", json!({"from": 8, "to": 18}), "schedule 8 to 18").await;
    world.assert_sent("name", json!("Küche"), "name Küche").await;
    world.assert_sent("valve_1", json!(70), "valve_1 70").await;
    world.assert_sent("valve_2", json!("30.0"), "valve_2 30").await;
    world.assert_sent("a__current", json!(16), "a takes 16 A").await;
    world.assert_sent("a__current", json!(0), "a takes 0 A").await;
    world.assert_sent("a__on", json!(true), "a on").await;
    world.assert_sent("r1", json!(1), "register r1 1").await;
    world.assert_sent("b__on2", json!(-7.5), "register b__on2 -7.5").await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_could_be_of_a_family_is_no_other() {
    let (_hello, hellos) = mpsc::channel(1);
    let gateway = Gateway {
        stations: Arc::default(),
        sent: None,
        registers: vec!["boiler__current".into(), "boiler".into()],
        hellos: tokio::sync::Mutex::new(hellos),
    };
    let mut bus = Bus::start(gateway).await;
    let announced = bus.next("gateway/available_datapoints").await;
    let actuators = announced["actuator"].as_object().unwrap();
    assert!(actuators.contains_key("boiler") && !actuators.contains_key("boiler__current"));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_refused_with_the_reason() {
    let mut world = world().await;
    world.assert_refused("mode", json!("party"), "expected `eco` or `comfort`").await;
    world.assert_refused("schedule", json!({"from": 8}), "missing field `to`").await;
    world.assert_refused("schedule", json!(8), "expected struct Schedule").await;
    world.assert_refused("name", json!("Wohnzimmer"), "has 10 characters; at most 5").await;
    world.assert_refused("valve_2", json!(101), "outside of the range 0 to 100").await;
    world.assert_refused("valve_2", json!(0.5), "expected u8").await;
    world.assert_refused("valve_2", json!("open"), "is not a number").await;
    world
        .assert_refused("a__current", json!(5), "outside of the range 6 to 32, and not one of 0")
        .await;
    world.assert_refused("r1", json!(2), "outside of the range 0.5 to 1.5").await;
    assert!(world.sent.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn actuators_that_are_found_on_the_way_are_announced_and_served() {
    let mut world = world().await;
    world.hello.send("b".to_owned()).await.unwrap();
    loop {
        let announced = world.bus.next("gateway/available_datapoints").await;
        if announced["actuator"]["b__current"] == 6 {
            assert_eq!(announced["sensor"], json!({"b__power": 0}));
            break;
        }
    }
    world.bus.select(&[]).await;
    world.assert_sent("b__on", json!(false), "b off").await;
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_not_of_now_is_refused() {
    let mut world = world().await;
    let now = Timestamp::now().as_millis();
    world.command_of("power", 10, now, false);
    world.assert_next("power 10").await;
    for (made, reason) in [
        (now - 61_000, "s old, more than the allowed 60s"),
        (now, "is not newer than that of an earlier command"),
        (now - 1, "is not newer"),
        (now + 60_000, "in the future"),
    ] {
        world.command_of("power", 20, made, false);
        world.assert_told("power", reason).await;
    }
    world.command_of("power", 30, now + 1, false);
    world.assert_next("power 30").await;
}

#[tokio::test(start_paused = true)]
async fn the_newest_command_waits_for_its_time() {
    let mut world = world().await;
    world.assert_sent("pump", json!(true), "pump true").await;
    let start = Instant::now();
    for on in [false, true, false] {
        world.bus.command("pump", on);
    }
    world.assert_next("pump false").await;
    assert!(start.elapsed() >= MINUTE, "{:?}", start.elapsed());
    assert!(timeout(10 * MINUTE, world.sent.recv()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn without_commands_and_at_the_end_the_failsafe_value_is_sent() {
    let mut world = world().await;
    world.assert_next("limit 6").await;
    world.assert_told("limit", "no command for `limit` was accepted for 3600s").await;
    world.assert_sent("limit", json!(16), "limit 16").await;
    world.bus.stop().await;
    assert_eq!(world.sent.try_recv().unwrap(), "limit 6");
    assert!(world.sent.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_retained_command_is_taken_once() {
    let mut world = unselected().await;
    let now = Timestamp::now().as_millis();
    world.command_of("limit", 10, now, true);
    world.bus.select(&[]).await;
    world.assert_next("limit 10").await;
    world.bus.broker().disconnect_all();
    loop {
        let log = world.bus.next("gateway/logs").await["msg"].to_string();
        if log.contains("the retained command for `limit`") {
            assert!(log.contains("ignored the retained"), "{log}");
            assert!(log.contains(": it was retained, so it may be old"), "{log}");
            break;
        }
    }
    world.command_of("limit", 12, now + 1, true);
    world.assert_next("limit 12").await;
}

#[tokio::test]
async fn a_failsafe_value_that_is_none_ends_the_start() {
    let (_hello, hellos) = mpsc::channel(1);
    let registers = vec![
        Actuator::new("r1").range(0..=1).failsafe(2, MINUTE),
        Actuator::new("r2").failsafe(1, Duration::ZERO),
    ];
    let gateway = Gateway {
        stations: Arc::default(),
        sent: None,
        registers,
        hellos: tokio::sync::Mutex::new(hellos),
    };
    let settings = BusSettings::new("gateway", "localhost");
    let run = connector_runtime::run(gateway, settings, std::future::pending());
    let faults = run.await.unwrap_err().to_string();
    assert!(faults.contains("failsafe of `r1`: the value 2 is outside of the range"), "{faults}");
    assert!(faults.contains("the time to the failsafe of `r2` is zero"), "{faults}");

    let settings = BusSettings::new("heating", "localhost");
    let run = connector_runtime::run(Heating {}, settings, std::future::pending());
    let faults = run.await.unwrap_err().to_string();
    assert!(faults.contains("failsafe of `mode`: the value \"party\" does not fit"), "{faults}");
}

/// A heating whose failsafe value has a typing mistake.
#[connector(name = "heating")]
struct Heating {}

#[connector]
impl Heating {
    #[receive]
    async fn nothing(&self) -> Result<String> {
        std::future::pending().await
    }

    #[parse]
    fn readings(_: &str) -> Result<Option<Value>> {
        Ok(None)
    }

    #[send("mode", failsafe = "party", after = MINUTE)]
    fn mode(&self, mode: Mode) -> Result<()> {
        bail!("{mode:?}")
    }
}
