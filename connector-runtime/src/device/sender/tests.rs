use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use serde_json::Value;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use super::*;
use crate::{
    bus::{BusHandle, Protocol},
    connector::Source,
    datapoint::Actuator,
    settings::ConnectorSettings,
};

/// A device that follows a script.
#[derive(Debug, Default, clap::Args)]
struct Fake {
    #[arg(skip)]
    script: Script,
}

#[derive(Debug, Default, Clone)]
struct Script(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    actuators: Mutex<Vec<Actuator>>,
    /// How many connects, and how many sends, fail next.
    away: AtomicUsize,
    faults: AtomicUsize,
    /// How long a send takes, in seconds.
    slowness: AtomicUsize,
    sent: Mutex<Option<mpsc::UnboundedSender<(u64, String)>>>,
    start: Mutex<Option<Instant>>,
}

fn is_one_more(count: &AtomicUsize) -> bool {
    count.fetch_update(SeqCst, SeqCst, |count| count.checked_sub(1)).is_ok()
}

impl ConnectorSettings for Fake {
    const NAME: &'static str = "fake";
    const VERSION: &'static str = "1";
    const ABOUT: &'static str = "";
}

/// A session.
struct Connection;

impl Connector for Fake {
    type Session = Connection;
    type Raw = String;
    type Readings = ();

    fn sources(&self) -> Vec<Source> {
        Vec::new()
    }

    fn actuators(&self) -> Vec<Actuator> {
        self.script.0.actuators.lock().unwrap().clone()
    }

    async fn connect(&self) -> crate::error::Result<Connection> {
        anyhow::ensure!(!is_one_more(&self.script.0.away), "no answer");
        Ok(Connection)
    }

    async fn receive(&self, _: &Connection, _: usize) -> crate::error::Result<Option<String>> {
        std::future::pending().await
    }

    fn parse(&self, _: &String) -> crate::error::Result<Option<()>> {
        Ok(None)
    }

    async fn send(&self, _: &Connection, command: &Command) -> crate::error::Result<()> {
        let script = &self.script.0;
        let since = script.start.lock().unwrap().expect("the test has begun").elapsed();
        let sent = script.sent.lock().unwrap().clone().expect("the test has begun");
        sent.send((since.as_secs(), command.json().to_owned())).unwrap();
        sleep(Duration::from_secs(script.slowness.load(SeqCst) as u64)).await;
        anyhow::ensure!(!is_one_more(&script.faults), "the device is confused");
        Ok(())
    }
}

struct World {
    bus: Arc<BusHandle>,
    script: Script,
    sent: mpsc::UnboundedReceiver<(u64, String)>,
    workers: JoinHandle<()>,
}

impl World {
    /// Starts a connector with this actuator, without a broker.
    fn start(actuator: Actuator, script: &Script) -> Self {
        let (sender, sent) = mpsc::unbounded_channel();
        *script.0.sent.lock().unwrap() = Some(sender);
        *script.0.start.lock().unwrap() = Some(Instant::now());
        let protocol = Protocol::new("fake", "1", Vec::new(), vec![actuator.clone()]);
        *script.0.actuators.lock().unwrap() = vec![actuator];
        let bus = Arc::new(BusHandle::new(protocol, Logs::new(false), Arc::default()));
        let device = Arc::new(Device::new(Fake { script: script.clone() }, Arc::clone(&bus)));
        let workers = tokio::spawn(carry_out(Arc::clone(&device), Logs::new(false)));
        tokio::spawn(async move { device.keep_open().await });
        let world = Self { bus, script: script.clone(), sent, workers };
        world.message("fake/datapoint_map", r#"{"sensor": {}, "actuator": {"t": "a", "u": "b"}}"#);
        world
    }

    /// Replaces the actuators.
    fn set(&self, actuators: Vec<Actuator>) {
        self.script.0.actuators.lock().unwrap().clone_from(&actuators);
        self.bus.actuators(actuators);
    }

    fn message(&self, topic: &str, payload: &str) {
        self.bus.message(topic, payload.as_bytes(), false, Now::read());
    }

    fn command(&self, value: u64) {
        self.message("t", &format!(r#"{{"value": {value}}}"#));
    }

    /// Returns the next value that the device receives, and the second at which it does.
    async fn sent(&mut self) -> (u64, String) {
        let sent = timeout(Duration::from_hours(1), self.sent.recv()).await;
        sent.expect("something is sent").expect("the device exists")
    }

    async fn assert_sent(&mut self, second: u64, value: u64) {
        assert_eq!(self.sent().await, (second, value.to_string()));
    }

    /// Asserts that nothing more is sent.
    async fn assert_silence(&mut self) {
        assert!(timeout(Duration::from_hours(1), self.sent.recv()).await.is_err());
    }

    async fn stop(mut self) -> Vec<String> {
        self.bus.mailboxes.close();
        timeout(Duration::from_secs(1), self.workers).await.expect("in time").unwrap();
        std::iter::from_fn(|| self.sent.try_recv().ok().map(|(_, json)| json)).collect()
    }
}

fn actuator() -> Actuator {
    Actuator::new("a").range(0..=100)
}

fn guarded() -> Actuator {
    actuator().failsafe(6, Duration::from_mins(1))
}

#[tokio::test(start_paused = true)]
async fn commands_are_sent_in_order_and_at_intervals() {
    let actuator = actuator().min_interval(Duration::from_secs(10));
    let mut world = World::start(actuator, &Script::default());
    for value in 1..=3 {
        world.command(value);
    }
    for (second, value) in [(0, 1), (10, 2), (20, 3)] {
        world.assert_sent(second, value).await;
    }
    world.assert_silence().await;
}

#[tokio::test(start_paused = true)]
async fn newest_only_keeps_the_newest_command_behind_a_slow_one() {
    let script = Script::default();
    script.0.slowness.store(12, SeqCst);
    let mut world = World::start(actuator().newest_only(), &script);
    world.command(1);
    world.assert_sent(0, 1).await;
    for value in 2..=5 {
        world.command(value);
    }
    world.assert_sent(12, 5).await;
    world.assert_silence().await;
}

#[tokio::test(start_paused = true)]
async fn a_command_that_expired_while_waiting_is_not_sent() {
    let script = Script::default();
    script.0.slowness.store(12, SeqCst);
    let mut world = World::start(actuator().max_age(Duration::from_secs(10)), &script);
    for value in 1..=2 {
        world.command(value);
    }
    world.assert_sent(0, 1).await;
    world.assert_silence().await;
}

#[tokio::test(start_paused = true)]
async fn silence_triggers_the_failsafe_value_once() {
    let mut world = World::start(guarded(), &Script::default());
    world.assert_sent(60, 6).await;
    world.assert_silence().await;
    world.command(32);
    let (second, value) = world.sent().await;
    assert_eq!(value, "32");
    world.command(101);
    world.assert_sent(second + 60, 6).await;
    world.assert_silence().await;
}

#[tokio::test(start_paused = true)]
async fn an_absent_device_receives_the_failsafe_value_on_its_return() {
    let script = Script::default();
    script.0.away.store(9, SeqCst);
    let mut world = World::start(guarded(), &script);
    let (second, value) = world.sent().await;
    assert!(value == "6" && second > 120, "{second}");
    world.assert_silence().await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_failsafe_value_is_retried() {
    let script = Script::default();
    script.0.faults.store(3, SeqCst);
    let mut world = World::start(guarded(), &script);
    for _ in 0..4 {
        assert_eq!(world.sent().await.1, "6");
    }
    world.assert_silence().await;

    world.script.0.faults.store(usize::MAX, SeqCst);
    world.command(1);
    for value in ["1", "6", "6"] {
        assert_eq!(world.sent().await.1, value);
    }
    world.script.0.faults.store(0, SeqCst);
    world.command(32);
    while world.sent().await.1 != "32" {}
    assert_eq!(world.sent().await.1, "6");
    world.assert_silence().await;
}

#[tokio::test(start_paused = true)]
async fn a_hanging_send_does_not_delay_the_failsafe_value() {
    let script = Script::default();
    script.0.slowness.store(3600, SeqCst);
    let mut world = World::start(actuator().failsafe(6, Duration::from_secs(10)), &script);
    world.command(32);
    world.assert_sent(0, 32).await;
    script.0.slowness.store(0, SeqCst);
    world.assert_sent(10, 6).await;
    world.assert_silence().await;
}

#[tokio::test(start_paused = true)]
async fn shutdown_sends_accepted_commands_and_then_the_failsafe_value() {
    let world = World::start(guarded().min_interval(Duration::from_secs(10)), &Script::default());
    world.command(1);
    world.command(2);
    assert_eq!(world.stop().await, ["1", "6"]);

    let mut world = World::start(guarded(), &Script::default());
    world.assert_sent(60, 6).await;
    assert!(world.stop().await.is_empty(), "the device has it already");

    let world = World::start(actuator(), &Script::default());
    world.command(1);
    world.command(2);
    assert_eq!(world.stop().await, ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn actuators_that_appear_later_have_rules_and_keep_their_state() {
    let mut world = World::start(actuator(), &Script::default());
    let monotonic = || Actuator::new("b").monotonic();
    let late = monotonic().failsafe(7, Duration::from_secs(30));
    sleep(Duration::from_secs(100)).await;
    world.set(vec![actuator(), late]);
    world.assert_sent(130, 7).await;
    let timed = |value: u64, timestamp: u64| {
        Value::from_iter([("value", value), ("timestamp", timestamp)]).to_string()
    };
    world.message("u", &timed(1, 1000));
    assert_eq!(world.sent().await.1, "1");
    world.set(vec![actuator()]);
    world.message("u", &timed(2, 1001));
    world.assert_silence().await;
    world.set(vec![actuator(), monotonic()]);
    world.message("u", &timed(3, 1000));
    world.message("u", &timed(4, 1001));
    assert_eq!(world.sent().await.1, "4");
}
