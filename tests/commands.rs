//! From the bus to the device: a command is run once and in order, or never.
//!
//! Promised is: a command that comes while the connector is subscribed and its connection whole is
//! run once, and in the order in which the broker gives them. One that the broker has in its hands
//! when the connection breaks may be lost; it is never run late. One that the connector has
//! acknowledged is run, unless the connector itself is killed.
//!
//! `cargo test --test commands` needs `mosquitto`.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use connector_runtime::{
    BusSettings, prelude::*, tracing::subscriber::NoSubscriber,
    tracing::subscriber::set_global_default,
};
use rumqttc::{AsyncClient, MqttOptions, QoS};
use serde_json::json;
use support::{
    Device, Mosquitto, NAME, launch, patiently,
    proxy::{Counts, Kind, Proxy, Watch, Way},
};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{sleep, timeout},
};

const LAST: u32 = 999_999;
const POWER: &[u8] = b"demo/power";
const SLOW: Duration = Duration::from_secs(12);

/// Room for all commands of a test that are on their way to the broker.
const ROOM: usize = 1000;
/// mosquitto takes so many at once.
const WINDOW: u16 = 16;

/// A heater that remembers what it was told.
#[connector(name = "demo")]
struct Heater {
    #[arg(skip)]
    runs: Option<mpsc::UnboundedSender<u32>>,
}

impl Connector for Heater {
    type Session = ();
    type Raw = ();
    type Readings = ();

    fn sources(&self) -> Vec<Source> {
        vec![]
    }

    async fn connect(&self) -> Result<()> {
        Ok(())
    }

    async fn receive(&self, (): &(), _: usize) -> Result<Option<()>> {
        Ok(None)
    }

    fn parse(&self, (): &()) -> Result<Option<()>> {
        Ok(None)
    }

    fn actuators(&self) -> Vec<Actuator> {
        vec![Actuator::new("power").range(0..=LAST), Actuator::new("slow")]
    }

    async fn send(&self, (): &(), command: &Command) -> Result<()> {
        if command.key() == "slow" {
            sleep(SLOW).await;
        }
        let runs = self.runs.as_ref().context("it is made by the test")?;
        Ok(runs.send(command.value()?)?)
    }
}

/// Publishes numbered commands straight at the broker.
struct Commander {
    client: AsyncClient,
    next: u32,
}

impl Commander {
    fn on(port: u16) -> Self {
        let mut options = MqttOptions::new("commander", "127.0.0.1", port);
        options.set_inflight(WINDOW);
        let (client, mut events) = AsyncClient::new(options, ROOM);
        tokio::spawn(async move { while events.poll().await.is_ok() {} });
        Self { client, next: 0 }
    }

    fn publish(&self, topic: &str, qos: QoS, retain: bool, payload: impl Into<Vec<u8>>) {
        self.client.try_publish(topic, qos, retain, payload).expect("there is room");
    }

    /// A new command; its number tells its `QoS`.
    fn command(&mut self) -> u32 {
        let qos = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce][self.next as usize % 3];
        self.say(qos, false)
    }

    /// A new command of `QoS` 2.
    fn exact(&mut self) -> u32 {
        self.next = self.next.next_multiple_of(3) + 2;
        self.say(QoS::ExactlyOnce, false)
    }

    fn say(&mut self, qos: QoS, retain: bool) -> u32 {
        let number = self.next;
        self.next += 1;
        self.publish("demo/power", qos, retain, value(number));
        number
    }
}

fn value(number: impl Into<i64>) -> String {
    json!({ "value": number.into(), "timestamp": 1_573_680_749_000_i64 }).to_string()
}

/// What has passed between the broker and the connector.
#[derive(Default)]
struct Passed {
    /// Commands in the order in which the broker gave them, each with its link.
    given: Vec<(usize, u32)>,
    /// Those that the connector has acknowledged.
    acknowledged: HashSet<u32>,
    ids: HashMap<(usize, [u8; 2]), u32>,
    /// How often the broker has confirmed that commands are subscribed.
    subscribed: usize,
    subscribing: Option<(usize, [u8; 2])>,
}

/// A heater behind a proxy, and somebody who commands it.
struct Stage {
    commander: Commander,
    proxy: Proxy,
    passed: Arc<Mutex<Passed>>,
    runs: mpsc::UnboundedReceiver<u32>,
    /// All that were run.
    run: Vec<u32>,
    connector: JoinHandle<Result<()>>,
    _broker: Mosquitto,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.connector.abort();
    }
}

impl Stage {
    async fn set() -> Self {
        Self::after(|_| {}).await
    }

    /// Does something before the connector comes.
    async fn after(before: impl FnOnce(&mut Commander)) -> Self {
        // Its logs would come between those of the tests.
        let _ = set_global_default(NoSubscriber::new());
        let broker = Mosquitto::start().await;
        let passed = Arc::default();
        let proxy = Proxy::watched(broker.port(), watch(Arc::clone(&passed))).await;
        let mut commander = Commander::on(broker.port());
        let actuators = json!({ "demo/power": "power", "demo/slow": "slow" });
        let map = json!({ "sensor": {}, "actuator": actuators }).to_string();
        commander.publish("demo/datapoint_map", QoS::AtLeastOnce, true, map);
        before(&mut commander);
        let (sender, runs) = mpsc::unbounded_channel();
        let mut settings = BusSettings::new(NAME, "127.0.0.1");
        settings.mqtt_broker_port = proxy.port();
        let heater = Heater { runs: Some(sender) };
        let connector =
            tokio::spawn(connector_runtime::run(heater, settings, std::future::pending()));
        let run = vec![];
        let stage = Self { commander, proxy, passed, runs, run, connector, _broker: broker };
        stage.subscribed(1).await;
        stage
    }

    /// Waits until the commands were subscribed so often.
    async fn subscribed(&self, times: usize) {
        let is_subscribed =
            |_: &Counts| self.passed.lock().expect("nobody panics").subscribed >= times;
        patiently(self.proxy.until(is_subscribed), || "it is not subscribed".to_owned()).await;
    }

    /// Does harm to the line, and waits until the connector is subscribed again.
    async fn subscribed_after(&self, harm: impl Future<Output = ()>) {
        let before = self.passed.lock().expect("nobody panics").subscribed;
        harm.await;
        self.subscribed(before + 1).await;
    }

    async fn cut(&self) {
        self.subscribed_after(async { self.proxy.cut() }).await;
    }

    /// Waits until a command is run; those before it are run by then, or never.
    async fn ran(&mut self, number: u32) {
        while self.run.last() != Some(&number) {
            let next = timeout(Duration::from_secs(20), self.runs.recv()).await;
            let Ok(Some(next)) = next else { panic!("{number} is not run: {:?}", self.run) };
            self.run.push(next);
        }
    }

    /// None is run twice or out of order, and none is forgotten.
    #[track_caller]
    fn assert_once_and_in_order(&self) {
        let passed = self.passed.lock().expect("nobody panics");
        let run: HashSet<_> = self.run.iter().copied().collect();
        let given = passed.given.iter().map(|(_, number)| *number);
        let given: Vec<_> = given.filter(|number| run.contains(number)).collect();
        assert_eq!(self.run, given, "not once each, or not in the broker's order");
        let forgotten: Vec<_> = passed.acknowledged.difference(&run).collect();
        assert!(forgotten.is_empty(), "acknowledged, but not run: {forgotten:?}");
    }
}

/// Notes commands, and what the connector acknowledges.
fn watch(passed: Arc<Mutex<Passed>>) -> Watch {
    Box::new(move |link, way, packet| {
        let mut passed = passed.lock().expect("nobody panics");
        let kind = packet[0] >> 4;
        if way == Way::ToClient && kind == Kind::Publish as u8 {
            // Commands are short: their length is one byte, and so is that of the topic.
            let (topic, rest) = packet[4..].split_at(packet[3].into());
            let (id, payload) = rest.split_at(if packet[0] & 0b110 == 0 { 0 } else { 2 });
            if topic == POWER
                && let Some(number) = number(payload)
            {
                passed.given.push((link, number));
                if let [high, low] = *id {
                    passed.ids.insert((link, [high, low]), number);
                }
            }
        } else if way == Way::ToBroker
            && [Kind::PubAck as u8, Kind::PubRec as u8].contains(&kind)
            && let Some(number) = passed.ids.remove(&(link, [packet[2], packet[3]]))
        {
            passed.acknowledged.insert(number);
        } else if way == Way::ToBroker
            && kind == Kind::Subscribe as u8
            && packet.windows(POWER.len()).any(|part| part == POWER)
        {
            let body = 1 + packet[1..].iter().take_while(|byte| **byte > 0x7f).count() + 1;
            passed.subscribing = Some((link, [packet[body], packet[body + 1]]));
        } else if way == Way::ToClient
            && kind == Kind::SubAck as u8
            && passed.subscribing == Some((link, [packet[2], packet[3]]))
        {
            passed.subscribed += 1;
        }
    })
}

/// The number of a valid command.
fn number(payload: &[u8]) -> Option<u32> {
    let json: serde_json::Value = serde_json::from_slice(payload).ok()?;
    json["value"].as_u64()?.try_into().ok().filter(|number| *number <= LAST)
}

/// Drops a hundred packets of a kind, ten on each connection: mosquitto waits for twenty at most.
async fn lose_a_hundred(way: Way, kind: Kind) {
    let mut stage = Stage::set().await;
    let mut commands = 0;
    for round in 1..=10 {
        for i in 1..=10 {
            stage.proxy.drop_nth(way, kind, 1);
            let number = stage.commander.exact();
            stage.ran(number).await;
            stage.proxy.harmed((round - 1) * 10 + i).await;
            commands += 1;
        }
        stage.cut().await;
    }
    let number = stage.commander.exact();
    stage.ran(number).await;
    stage.assert_once_and_in_order();
    assert_eq!(stage.run.len(), commands + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_lost_part_of_a_handshake_neither_repeats_nor_loses_a_command() {
    tokio::join!(
        lose_a_hundred(Way::ToBroker, Kind::PubRec),
        lose_a_hundred(Way::ToClient, Kind::PubRel),
        lose_a_hundred(Way::ToBroker, Kind::PubComp),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_cut_while_commands_come_runs_none_late_or_twice() {
    let mut stage = Stage::set().await;
    for round in 0..30 {
        for _ in 0..30 {
            stage.commander.command();
        }
        // Somewhere in the midst of them.
        sleep(Duration::from_micros(fastrand::u64(0..5000))).await;
        let harm = async { if round % 2 == 0 { stage.proxy.cut() } else { stage.proxy.reset() } };
        stage.subscribed_after(harm).await;
        let live: Vec<_> = (0..3).map(|_| stage.commander.command()).collect();
        for &number in &live {
            if !stage.run.contains(&number) {
                stage.ran(number).await;
            }
        }
        assert!(live.iter().all(|number| stage.run.contains(number)), "round {round}");
        let tail = &stage.run[stage.run.iter().position(|n| live.contains(n)).expect("just run")..];
        assert!(tail.iter().all(|number| live.contains(number)), "late: {tail:?} in {round}");
    }
    stage.assert_once_and_in_order();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn what_was_said_to_somebody_who_was_not_there_is_not_run() {
    let retained = |commander: &mut Commander| {
        commander.say(QoS::AtLeastOnce, true);
    };
    let mut stage = Stage::after(retained).await;
    let mut live = vec![];
    for _ in 0..5 {
        // Live it is a command, and history with the next subscription.
        live.push(stage.commander.say(QoS::ExactlyOnce, true));
        stage.ran(*live.last().expect("just pushed")).await;
        stage
            .subscribed_after(async {
                stage.proxy.close(true);
                stage.proxy.cut();
                // The broker has noticed, and takes the commands for nobody.
                sleep(Duration::from_millis(50)).await;
                let qos = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];
                for qos in qos.into_iter().cycle().take(30) {
                    stage
                        .commander
                        .client
                        .try_publish("demo/power", qos, false, value(LAST))
                        .expect("room");
                }
                stage.proxy.close(false);
            })
            .await;
        live.push(stage.commander.exact());
        stage.ran(*live.last().expect("just pushed")).await;
    }
    assert_eq!(stage.run, live);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_replayed_command_is_run_once() {
    let mut stage = Stage::set().await;
    let mut live = vec![];
    for i in 1..=20 {
        stage.proxy.repeat_nth(Way::ToClient, Kind::Publish, 1);
        live.push(stage.commander.exact());
        stage.proxy.harmed(i).await;
        stage.ran(live[i - 1]).await;
    }
    live.push(stage.commander.exact());
    stage.ran(live[20]).await;
    assert_eq!(stage.run, live);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn what_is_out_of_range_is_not_run() {
    let mut stage = Stage::set().await;
    let mut live = vec![];
    for bad in [-1, i64::from(LAST) + 1, i64::MIN, i64::MAX] {
        stage.commander.publish("demo/power", QoS::ExactlyOnce, false, value(bad));
        live.push(stage.commander.exact());
        stage.ran(live[live.len() - 1]).await;
    }
    assert_eq!(stage.run, live);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_slow_device_does_not_cost_the_connection() {
    let mut stage = Stage::set().await;
    stage.commander.publish("demo/slow", QoS::ExactlyOnce, false, value(LAST));
    let quick = stage.commander.exact();
    stage.ran(quick).await;
    stage.ran(LAST).await;
    let after = stage.commander.exact();
    stage.ran(after).await;
    assert_eq!(stage.run, [quick, LAST, after]);
    assert_eq!(stage.proxy.counts().links, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_killed_connector_leaves_no_command_to_be_run_again() {
    let (broker, device) = (Mosquitto::start().await, Device::start().await);
    let passed = Arc::<Mutex<Passed>>::default();
    let proxy = Proxy::watched(broker.port(), watch(Arc::clone(&passed))).await;
    let mut commander = Commander::on(broker.port());
    let map = json!({ "sensor": {}, "actuator": { "demo/power": "room_1__setpoint" } });
    commander.publish("demo/datapoint_map", QoS::AtLeastOnce, true, map.to_string());
    let mut run = vec![];
    for _ in 0..10 {
        let connector = launch(proxy.port(), device.address()).start();
        let mut link = device.accept().await;
        let deadline = sleep(Duration::from_millis(fastrand::u64(100..400)));
        tokio::pin!(deadline);
        let mut lines = vec![];
        loop {
            commander.command();
            tokio::select! {
                // On a busy machine it may have run none so early.
                () = &mut deadline, if !lines.is_empty() => break,
                () = sleep(Duration::from_millis(1)) => {}
                heard = link.try_hear() => lines.push(heard.expect("it runs")),
            }
        }
        connector.signal("KILL").await;
        while let Some(line) = link.try_hear().await {
            lines.push(line);
        }
        connector.wait().await;
        let number = |line: &String| number(line.as_bytes()).expect("a command");
        let in_this_life: Vec<_> = lines.iter().map(number).collect();
        // The line of an earlier life may still be told something, for nobody.
        let (life, passed) = (proxy.counts().links, passed.lock().expect("nobody panics"));
        let given = passed.given.iter().filter(|(on, _)| *on == life).map(|(_, number)| *number);
        let given: Vec<_> = given.collect();
        drop(passed);
        assert!(given.starts_with(&in_this_life), "{given:?}\n{in_this_life:?}");
        run.extend(in_this_life);
    }
    let count = run.len();
    let once: HashSet<_> = run.into_iter().collect();
    assert_eq!(once.len(), count, "some came twice");
}
