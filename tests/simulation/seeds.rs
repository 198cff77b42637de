//! A whole connector for ten minutes, again and again, on a line and a broker that fail by chance.
//!
//! A seed decides on everything, so that each failure can be replayed.

mod promises;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use connector_runtime::{BusSettings, Timestamp, prelude::*, testing::run_on};
use rumqttc::QoS;
use serde_json::{Value, json};
use support::cases;
use tokio::{
    runtime::Builder,
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::network::{LOSSES, Network};

/// How many seeds there are: few, and all of them.
const SEEDS: [u32; 2] = [50, 300];

/// How long things go wrong.
const TROUBLE: Duration = Duration::from_mins(10);

/// How long it may take until all is well after that, and until everything has arrived.
const RECOVERY: Duration = Duration::from_mins(1);

const MAP: &str = "demo/datapoint_map";
const RAW: &str = "demo/raw_message_to_db";
const STATUS: &str = "demo/status";

/// What the device has said and heard.
#[derive(Default)]
struct Ledger {
    number: u64,
    is_silent: bool,
    /// The numbers that it has said since the connector started.
    said: Vec<u64>,
    /// The commands that it has heard, by actuator.
    heard: BTreeMap<&'static str, Vec<u64>>,
}

/// A device of numbered values, and of numbered commands.
#[connector(name = "demo")]
struct Device {
    #[arg(skip)]
    ledger: Arc<Mutex<Ledger>>,
}

impl Device {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("no simulation goes on after a panic")
    }

    async fn hear(&self, actuator: &'static str, number: u64) {
        self.ledger().heard.entry(actuator).or_default().push(number);
        sleep(Duration::from_millis(fastrand::u64(0..2000))).await;
    }
}

#[connector]
impl Device {
    #[receive(every = Duration::from_secs(2))]
    fn number(&self) -> Result<Option<u64>> {
        let mut ledger = self.ledger();
        if ledger.is_silent {
            return Ok(None);
        }
        ledger.number += 1;
        let number = ledger.number;
        ledger.said.push(number);
        Ok(Some(number))
    }

    #[parse]
    fn readings(raw: &u64) -> Result<Value> {
        Ok(json!({ "a": raw, "b": raw }))
    }

    #[send("plain")]
    async fn plain(&self, number: u64) -> Result<()> {
        self.hear("plain", number).await;
        Ok(())
    }

    #[send("guarded", max_age = Duration::from_mins(1), monotonic)]
    async fn guarded(&self, number: u64) -> Result<()> {
        self.hear("guarded", number).await;
        Ok(())
    }
}

/// A connector on a network.
struct Simulation {
    network: Network,
    ledger: Arc<Mutex<Ledger>>,
    stop: Option<oneshot::Sender<()>>,
    connector: JoinHandle<()>,
    /// The commands so far, and those that the device must not hear.
    commands: u64,
    stale: BTreeSet<u64>,
}

impl Simulation {
    fn new(tells: bool) -> Self {
        let (network, ledger) = (Network::new(tells), Arc::default());
        let (stop, connector) = start(&network, &ledger);
        let stale = BTreeSet::new();
        Self { network, ledger, stop: Some(stop), connector, commands: 0, stale }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("no simulation goes on after a panic")
    }

    fn publish_map(&self) {
        let sensors = json!({ "a": "v/a", "b": "v/b" });
        let actuators = json!({ "c/plain": "plain", "c/guarded": "guarded" });
        let map = json!({ "sensor": sensors, "actuator": actuators }).to_string();
        self.network.state().publish(MAP, &map, QoS::AtLeastOnce, true);
    }

    fn command(&mut self, is_stale: bool) {
        self.commands += 1;
        let number = self.commands;
        let topic = if fastrand::bool() || is_stale { "c/guarded" } else { "c/plain" };
        let now = Timestamp::now().as_millis();
        let made =
            if is_stale { now - 3_600_000 } else { now + i64::try_from(number).unwrap_or(0) };
        let command = format!(r#"{{"value":{number},"timestamp":{made}}}"#);
        if is_stale {
            self.stale.insert(number);
        }
        self.network.state().publish(topic, &command, QoS::ExactlyOnce, false);
    }

    /// A command that is retained while the connector is not there to hear it.
    fn retain_command(&mut self) {
        if self.network.state().clients().is_empty() {
            self.commands += 1;
            self.stale.insert(self.commands);
            let command = format!(r#"{{"value":{}}}"#, self.commands);
            self.network.state().publish("c/plain", &command, QoS::ExactlyOnce, true);
        }
    }

    async fn crash_broker(&self) {
        self.network.crash(fastrand::bool());
        sleep(seconds(30)).await;
        self.network.state().is_down = false;
        self.publish_map();
    }

    async fn crash_connector(&mut self) {
        self.connector.abort();
        sleep(seconds(5)).await;
        self.ledger().said.clear();
        let (stop, connector) = start(&self.network, &self.ledger);
        (self.stop, self.connector) = (Some(stop), connector);
    }

    /// One thing goes wrong.
    async fn trouble(&mut self) {
        let event = fastrand::u8(0..12);
        self.network.state().tell(&format!("event {event}"));
        match event {
            0 | 1 => self.network.cut(seconds(20)),
            2 => self.network.state().half_open(),
            3..=5 => self.network.state().loses = fastrand::choice(LOSSES),
            6 => self.crash_broker().await,
            7 => self.crash_connector().await,
            8 => self.network.state().latency = fastrand::u64(0..=500),
            9 => (0..fastrand::u8(1..6)).for_each(|_| self.command(false)),
            10 => self.command(true),
            _ => self.retain_command(),
        }
    }

    async fn run(mut self) -> Result<u64, String> {
        self.publish_map();
        let began = Instant::now();
        while began.elapsed() < TROUBLE {
            sleep(seconds(20)).await;
            self.trouble().await;
        }
        self.network.state().tell("all is well from now on");
        {
            let mut state = self.network.state();
            (state.latency, state.loses) = (50, None);
        }
        if self.network.state().is_half_open() {
            self.network.cut(Duration::ZERO);
        }
        sleep(RECOVERY).await;
        let last = self.commands + 1;
        (0..5).for_each(|_| self.command(false));
        self.ledger().is_silent = true;
        sleep(RECOVERY).await;
        self.check(last)?;
        let story = self.network.state().story();
        drop(self.stop.take());
        // It does not panic: that is what the check is for.
        (&mut self.connector).await.map_err(|error| error.to_string())?;
        sleep(Duration::from_secs(1)).await;
        self.check_status("offline")?;
        Ok(story)
    }
}

fn start(network: &Network, ledger: &Arc<Mutex<Ledger>>) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (network, ledger) = (network.clone(), Arc::clone(ledger));
    let (stop, stopped) = oneshot::channel::<()>();
    let mut settings = BusSettings::new("demo", "simulation");
    settings.send_raw_message_to_db = true;
    let until = async { drop(stopped.await) };
    let running = run_on(move || network.open(), Device { ledger }, settings, until);
    (stop, tokio::spawn(running))
}

/// At most so many seconds.
fn seconds(most: u64) -> Duration {
    Duration::from_millis(fastrand::u64(0..most * 1000))
}

/// Gives what happened, in short.
fn simulate(seed: u64, tells: bool) -> u64 {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.expect("a runtime can be built");
    fastrand::seed(seed);
    let run = || runtime.block_on(async { Simulation::new(tells).run().await });
    let problem = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(story)) => return story,
        Ok(Err(problem)) => problem,
        Err(_) => "a panic, see above".to_owned(),
    };
    panic!(
        "seed {seed}: {problem}\nSEED={seed} cargo test --test simulation -- replay --nocapture"
    );
}

#[test]
fn whatever_happens_nothing_is_lost() {
    let [few, all] = SEEDS;
    for seed in 0..cases("SEEDS", few, all) {
        simulate(seed.into(), false);
    }
}

#[test]
fn a_seed_is_always_the_same_story() {
    for seed in 0..3 {
        assert_eq!(simulate(seed, false), simulate(seed, false));
    }
}

/// Tells the story of one seed.
#[test]
fn replay() {
    if let Ok(seed) = env::var("SEED") {
        simulate(seed.parse().expect("SEED is a number"), true);
    }
}
