//! What survives `kill -9`: a connector with a spool under load, killed again and again.
//!
//! `cargo test --test crash`. `CRASH_SEED=7` repeats a run's times.

use std::{
    collections::{BTreeMap, HashSet},
    env,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use rumqttc::QoS;
use serde_json::{Value, json};
use support::{
    Bus, ConnectorProcess, Device, Folder, Launch, Message, Moment, Mosquitto, launch, patiently,
};
use tokio::{
    task::JoinHandle,
    time::{interval, sleep},
};

const KILLS: usize = 20;

/// From one line of the device to the next.
const PERIOD: Duration = Duration::from_millis(5);

/// What is younger may be lost: the 200 ms of the spool, and as much for what a disk takes.
const WINDOW: Duration = Duration::from_millis(400);

/// From the start of a connector to its first message, as a rule.
const FIRST: Duration = Duration::from_secs(2);

/// Makes lines long enough that the spool outgrows the memory of an outage.
const PADDING: usize = 600;

/// When the device wrote which number.
type Written = Arc<Mutex<Lines>>;

/// The lines of the device.
#[derive(Debug, Default, Clone)]
struct Lines {
    /// When each was written, and on which connection.
    by_number: BTreeMap<u64, (Moment, usize)>,
    /// When each connection ended: the device notices that a connector was killed with its next line.
    ends: Vec<Option<Moment>>,
}

impl Lines {
    /// Whether the connector that a line was written to was killed before it had to be safe.
    fn may_be_lost(&self, number: u64) -> bool {
        let (at, connection) = self.by_number[&number];
        self.ends[connection].is_some_and(|end| end.since(at) <= WINDOW)
    }
}

/// A broker, a device under load, and a connector that is killed.
struct Crashes {
    broker: Mosquitto,
    bus: Bus,
    device: Arc<Device>,
    written: Written,
    load: JoinHandle<()>,
    spool: Folder,
    /// How long connectors took to their first message.
    starts: Vec<Duration>,
}

impl Crashes {
    async fn start() -> Self {
        let broker = Mosquitto::start().await;
        let mut bus = Bus::on(broker.port()).await;
        publish_map(&mut bus).await;
        let (device, written) = (Arc::new(Device::start().await), Written::default());
        let load = tokio::spawn(push(Arc::clone(&device), Arc::clone(&written)));
        Self { broker, bus, device, written, load, spool: Folder::new(), starts: Vec::new() }
    }

    fn launch(&self) -> Launch {
        launch(self.broker.port(), self.device.address())
            .variable("SPOOL_DIR", &self.spool.path().display())
            .variable("SEND_RAW_MESSAGE_TO_DB", "TRUE")
    }

    /// Starts a connector, and waits for its first message.
    async fn connector(&mut self) -> ConnectorProcess {
        let (before, start) = (self.said(), Moment::now());
        let connector = self.launch().start();
        let first = async {
            while self.said() == before {
                sleep(Duration::from_millis(5)).await;
            }
        };
        patiently(first, || connector.stdout.text()).await;
        self.starts.push(start.elapsed());
        connector
    }

    /// Waits until a file of the connector is there.
    async fn kept(&self, name: &str) {
        let path = self.spool.path().join(name);
        let kept = async {
            while !path.exists() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        patiently(kept, || format!("{} is not kept", path.display())).await;
    }

    /// How many values and raw messages have arrived.
    fn said(&self) -> usize {
        self.bus.count("demo/n") + self.bus.count("demo/raw_message_to_db")
    }

    /// The broker ends; all that it has confirmed has arrived before.
    async fn outage(&mut self, connector: &ConnectorProcess) {
        connector.pause().await;
        self.bus.publish("test/marker", QoS::ExactlyOnce, false, "x").await;
        self.broker.stop().await;
        self.bus.lost().await;
        connector.resume().await;
    }

    /// The broker is back, and the bus listens.
    async fn recover(&mut self) {
        self.broker.start_again().await;
        self.bus.subscribed().await;
        publish_map(&mut self.bus).await;
    }

    /// Waits for the time of a kill.
    async fn come_to(
        &mut self,
        kill: usize,
        connector: &ConnectorProcess,
        mut up_to: impl FnMut(u64) -> Duration,
    ) {
        match kill % 4 {
            // At work, or just begun.
            0 => sleep(up_to(1200)).await,
            1 => sleep(up_to(50)).await,
            // In an outage of the broker, after what went before.
            2 => {
                self.outage(connector).await;
                sleep(WINDOW + up_to(1000)).await;
            }
            // While the values of the outage are sent, or its raw messages, which come later.
            _ => {
                if kill % 8 == 7 {
                    self.bus.skip("demo/raw_message_to_db");
                    self.bus.next("demo/raw_message_to_db").await;
                }
                sleep(up_to(300)).await;
            }
        }
    }

    /// Waits for the value and the raw message with this number.
    async fn arrived(&self, number: u64) {
        let is_there = |topic, read: fn(&Message) -> u64| {
            self.bus.last(topic).is_some_and(|message| read(&message) == number)
        };
        let both = async {
            while !(is_there("demo/n", value) && is_there("demo/raw_message_to_db", raw_number)) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        patiently(both, || format!("{} of {number}", self.said())).await;
    }

    /// Waits for a value that the device wrote after this time: then it has accepted the connector, and
    /// not only the system for it.
    async fn heard_since(&self, time: Instant) {
        let is_new =
            |message| self.written.lock().unwrap().by_number[&value(&message)].0.instant > time;
        let heard = async {
            while !self.bus.last("demo/n").is_some_and(is_new) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        patiently(heard, || "the connector does not hear the device".to_owned()).await;
    }

    /// Ends the load, and tells its last number; what was under way when it was aborted is counted.
    async fn end_of_load(&mut self) -> u64 {
        self.load.abort();
        assert!((&mut self.load).await.is_err_and(|end| end.is_cancelled()));
        self.last_written()
    }

    fn last_written(&self) -> u64 {
        *self.written.lock().unwrap().by_number.last_key_value().expect("it writes").0
    }
}

async fn publish_map(bus: &mut Bus) {
    let map = json!({ "sensor": { "n": "demo/n" }, "actuator": {} });
    bus.publish("demo/datapoint_map", QoS::AtLeastOnce, true, map.to_string()).await;
}

/// Writes one number after another to whoever is connected.
async fn push(device: Arc<Device>, written: Written) {
    let (mut number, padding) = (0, "x".repeat(PADDING));
    let mut ticks = interval(PERIOD);
    loop {
        let mut link = device.wait().await;
        let connection = {
            let mut written = written.lock().unwrap();
            written.ends.push(None);
            written.ends.len() - 1
        };
        loop {
            ticks.tick().await;
            let text = format!(r#"{{"n":{number},"padding":"{padding}"}}"#);
            let said = link.try_say(&text).await;
            let mut written = written.lock().unwrap();
            if said.is_err() {
                written.ends[connection] = Some(Moment::now());
                break;
            }
            written.by_number.insert(number, (Moment::now(), connection));
            number += 1;
        }
    }
}

/// The numbers that arrived: those of a topic in the order of their first arrival, and how many came
/// again.
fn arrived(messages: &[Message], number: impl Fn(&Message) -> u64) -> (Vec<u64>, usize) {
    let (mut seen, mut order) = (HashSet::new(), Vec::new());
    let numbers: Vec<_> = messages.iter().map(number).collect();
    order.extend(numbers.iter().filter(|number| seen.insert(**number)));
    let again = numbers.len() - order.len();
    (order, again)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_connector_that_is_killed_loses_only_its_last_moment() {
    let seed = env::var("CRASH_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("CRASH_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut up_to = |millis| Duration::from_millis(random.u64(..millis));
    let mut crashes = Crashes::start().await;
    let mut connector = crashes.connector().await;
    for kill in 0..KILLS {
        crashes.come_to(kill, &connector, &mut up_to).await;
        connector.kill().await;
        if kill % 4 == 2 {
            crashes.recover().await;
        }
        connector = crashes.connector().await;
    }
    crashes.heard_since(Instant::now()).await;
    let last = crashes.end_of_load().await;
    crashes.arrived(last).await;
    let written = crashes.written.lock().unwrap().clone();
    crashes.starts.sort();
    let (usual, slowest) = (crashes.starts[KILLS / 2], crashes.starts[KILLS]);
    println!(
        "{KILLS} kills, {} lines; up after {usual:?}, at most {slowest:?}",
        written.by_number.len()
    );
    assert!(usual < FIRST, "{:?}", crashes.starts);
    let values = arrived(&crashes.bus.all("demo/n"), value);
    assert_complete("values", values, &written);
    let raws = arrived(&crashes.bus.all("demo/raw_message_to_db"), raw_number);
    assert_complete("raw messages", raws, &written);
    connector.terminate().await.assert_clean();
}

/// All numbers that had to be safe have arrived, and in order.
#[track_caller]
fn assert_complete(kind: &str, (numbers, again): (Vec<u64>, usize), written: &Lines) {
    let arrived: HashSet<_> = numbers.iter().copied().collect();
    let missing: Vec<_> =
        written.by_number.keys().filter(|number| !arrived.contains(number)).collect();
    let gone: Vec<_> = missing.iter().filter(|number| !written.may_be_lost(***number)).collect();
    println!("{kind}: {} in the last moment, {again} twice", missing.len());
    assert!(gone.is_empty(), "{kind} are lost: {gone:?}");
    if let Some(place) = numbers.windows(2).position(|pair| pair[0] > pair[1]) {
        let around = numbers.iter().skip(place.saturating_sub(10)).take(20);
        let around: Vec<_> = around.map(|number| (number, written.by_number[number].1)).collect();
        panic!("{kind} are out of order; with the connections of the device: {around:?}");
    }
    assert!(missing.len() < written.by_number.len() / 2, "{kind}: {} are missing", missing.len());
}

fn value(message: &Message) -> u64 {
    message.value().as_u64().expect("a number")
}

fn raw_number(message: &Message) -> u64 {
    let json = message.json();
    let line = json["payload"]["raw_message"].as_str().expect("a line");
    let line: Value = serde_json::from_str(line).expect("JSON");
    line["n"].as_u64().expect("a number")
}

/// It does not hear from the broker what is selected, but it was told before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_connector_that_starts_in_an_outage_keeps_its_values() {
    let mut crashes = Crashes::start().await;
    let connector = crashes.connector().await;
    crashes.kept("demo.map.json").await;
    crashes.outage(&connector).await;
    connector.kill().await;
    let connections = || crashes.written.lock().unwrap().ends.len();
    let before = connections();
    let connector = crashes.launch().start();
    let connected = async {
        while connections() == before {
            sleep(Duration::from_millis(5)).await;
        }
    };
    patiently(connected, || "the connector does not start without a broker".to_owned()).await;
    let first = crashes.last_written() + 1;
    crashes.recover().await;
    crashes.heard_since(Instant::now()).await;
    let (values, _) = arrived(&crashes.bus.all("demo/n"), value);
    let since: Vec<_> = values.iter().copied().skip_while(|number| *number < first).collect();
    assert_eq!(since[0], first, "{values:?}");
    connector.terminate().await.assert_clean();
}

/// A disk that takes little: the connector works on in memory, and says so once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_full_disk_costs_no_message_of_an_outage() {
    let mut crashes = Crashes::start().await;
    // In units of 512 or 1024 bytes.
    let connector = crashes.launch().within("ulimit -f 1500").start();
    crashes.bus.next("demo/n").await;
    crashes.outage(&connector).await;
    connector.stdout.line("SPOOL_DIR: keeping messages in memory only").await;
    let last = crashes.end_of_load().await;
    connector.pause().await;
    crashes.recover().await;
    connector.resume().await;
    crashes.arrived(last).await;
    let (numbers, _) = arrived(&crashes.bus.all("demo/raw_message_to_db"), raw_number);
    let first = numbers[0];
    assert!(numbers == (first..=last).collect::<Vec<_>>(), "of {first} to {last}: {numbers:?}");
    assert_eq!(connector.stdout.count("SPOOL_DIR: keeping messages in memory only"), 1);
    connector.terminate().await.assert_clean();
}

/// A file of noise, and a second connector of the name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_damaged_file_is_moved_aside_and_one_in_use_is_left_alone() {
    let mut crashes = Crashes::start().await;
    crashes.spool.write("demo.spool", &"no spool ".repeat(1000));
    let first = crashes.connector().await;
    first.stdout.line("demo.spool is damaged").await;
    let is_aside = |path: &Path| path.to_string_lossy().contains("demo.corrupt-");
    let entries = std::fs::read_dir(crashes.spool.path()).unwrap();
    assert_eq!(entries.filter(|entry| is_aside(&entry.as_ref().unwrap().path())).count(), 1);
    let second = crashes.launch().start();
    second.stdout.line("SPOOL_DIR: keeping messages in memory only").await;
    crashes.bus.next("demo/n").await;
    second.terminate().await.assert_clean();
    first.terminate().await.assert_clean();
}
