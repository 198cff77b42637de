//! From the device to the bus: nothing is lost, and all is in order.
//!
//! Each fault meets a thousand numbers a second at a broker without limits, and the short ones a plant with many
//! values in a line at a broker as it is installed.

use std::{fmt::Write, time::Duration};

use rumqttc::QoS;
use serde_json::json;
use support::{
    Bus, Device, Mosquitto, launch,
    proxy::{Kind, Proxy, Way},
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    checker::Stream,
    client::Client,
    fault::{Fault, Outcome, SILENCE, Stage, installed, run},
    traffic::{Traffic, WINDOW},
};

/// So many runs share the machine, most of the time waiting.
const AT_ONCE: usize = 8;

/// How soon the connector is back once the line is.
const BACK: Duration = Duration::from_secs(5);

/// How soon it has noticed that the broker does not answer, beside that.
const NOTICED: Duration = Duration::from_secs(4);

/// Lines with long texts that a device has kept: 100 MB, of which a connector keeps 16 MiB at most.
const BACKLOG: u64 = 1_000;

/// How long there is no broker: a connector that reads the backlog meanwhile has to drop a part of it. With its pause
/// before the next attempt it is back within 4 s, and its sources wait for 5 s.
const ABSENCE: Duration = Duration::from_secs(2);

/// The topic of large values, and their size: more than the connector expects of any broker.
const TEXT: &str = "demo/text";
const LARGE: usize = 100_000;

/// A large message on a slow line takes a fifth of this, on a machine that has nothing else to do.
const PATIENCE: Duration = Duration::from_mins(3);

/// Runs each client through each fault.
pub(crate) async fn matrix(clients: &[Client], faults: &[Fault], traffic: Traffic) -> Vec<Outcome> {
    static PERMITS: Semaphore = Semaphore::const_new(AT_ONCE);
    let mut runs = JoinSet::new();
    for (i, &fault) in faults.iter().enumerate() {
        for (j, &client) in clients.iter().enumerate() {
            runs.spawn(async move {
                let _permit = PERMITS.acquire().await;
                ((i, j), run(client, fault, traffic).await)
            });
        }
    }
    let mut outcomes = runs.join_all().await;
    outcomes.sort_by_key(|(at, _)| *at);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// The outcomes as a table.
pub(crate) fn table(outcomes: &[Outcome]) -> String {
    let mut table = Outcome::HEAD.to_owned();
    for outcome in outcomes {
        let _ = write!(table, "\n{outcome}");
    }
    table
}

/// What is promised of the connector, and does not hold.
fn broken_promises(outcome: &Outcome) -> Vec<&'static str> {
    let Outcome { fault, is_stale, back, .. } = outcome;
    let patience = match fault {
        Fault::Lost(_) => BACK + NOTICED,
        _ => BACK,
    };
    let tally = outcome.tally();
    let promises = [
        (outcome.lost() == 0, "something is lost"),
        (tally.inversions == 0, "something is out of order"),
        (tally.doubles <= WINDOW * fault.count(), "too much comes twice"),
        (!is_stale, "the broker retains an old value"),
        (back.is_some_and(|back| back <= patience), "it comes back late"),
    ];
    promises.into_iter().filter(|(holds, _)| !holds).map(|(_, problem)| problem).collect()
}

/// Lets a connector under this load suffer each of the faults.
async fn hold_promises(faults: &[Fault], traffic: Traffic) {
    let outcomes = matrix(&[Client::Connector], faults, traffic).await;
    let table = table(&outcomes);
    println!("{traffic:?}\n{table}");
    let broken: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !broken_promises(outcome).is_empty())
        .map(|outcome| format!("{}: {:?}", outcome.fault, broken_promises(outcome)))
        .collect();
    assert!(broken.is_empty(), "{broken:#?}\n{table}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn no_fault_costs_a_message_or_the_order() {
    hold_promises(&Fault::ALL, Traffic::NUMBERS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn no_fault_costs_a_value_of_a_plant_or_the_order() {
    hold_promises(&Fault::SHORT, Traffic::PLANT).await;
}

/// While the broker was slow the device has kept more than the memory of the connector holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_backlog_of_the_device_survives_a_moment_without_a_broker() {
    let stage = Stage::set(Client::Connector, installed().await, Traffic::TEXTS).await;
    stage.load.pause(true);
    stage.proxy.slow_down(Duration::from_millis(20), 0);
    let before = stage.load.said();
    stage.load.burst(BACKLOG);
    let has_begun = stage.checker.until(before + BACKLOG / 10);
    assert!(timeout(PATIENCE, has_begun).await.is_ok(), "{:?}", stage.checker.streams());
    stage.proxy.close(true);
    stage.proxy.cut();
    sleep(ABSENCE).await;
    stage.proxy.close(false);
    stage.proxy.slow_down(Duration::ZERO, 0);
    let said = stage.load.stop().await;
    stage.checker.settle(said, SILENCE).await;
    let streams = stage.checker.streams();
    let lost: Vec<_> = streams.iter().map(|stream| stream.lost(said)).collect();
    let tally = Stream::sum(&streams);
    assert_eq!((lost.iter().sum(), tally.inversions), (0, 0), "{lost:?} of {said}: {tally}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_large_message_passes_a_slow_line() {
    let (broker, device) = (Mosquitto::start().await, Device::start().await);
    let proxy = Proxy::start(broker.port()).await;
    let launch = launch(proxy.port(), device.address()).variable("SEND_RAW_MESSAGE_TO_DB", "TRUE");
    let _connector = launch.start();
    let mut link = device.accept().await;
    proxy.slow_down(Duration::from_millis(20), 64_000);
    // As an example in the announcement and as a raw message it takes longer than an answer may.
    link.say(&json!({ "text": "x".repeat(600_000) }).to_string()).await;
    let arrived = proxy.next(Way::ToClient, Kind::PubComp);
    assert!(timeout(PATIENCE, arrived).await.is_ok(), "it does not arrive");
    assert_eq!(proxy.counts().links, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn three_unlucky_cuts_condemn_no_size() {
    let (broker, device) = (Mosquitto::start().await, Device::start().await);
    let (large, mut on_its_way) = mpsc::unbounded_channel();
    let watch = move |_, way, packet: &[u8]| {
        let is_value = packet.windows(TEXT.len()).take(8).any(|bytes| bytes == TEXT.as_bytes());
        if way == Way::ToBroker && is_value {
            let _ = large.send(());
        }
    };
    let proxy = Proxy::watched(broker.port(), Box::new(watch)).await;
    let mut bus = Bus::on(broker.port()).await;
    let map = json!({ "sensor": { "text": TEXT }, "actuator": {} }).to_string();
    bus.publish("demo/datapoint_map", QoS::AtLeastOnce, true, map).await;
    let _connector = launch(proxy.port(), device.address()).start();
    let mut link = device.accept().await;
    let text = |number: usize| format!("{number}{}", "x".repeat(LARGE));
    let said = |number| json!({ "text": text(number) }).to_string();
    // Each cut comes before the value can be acknowledged.
    proxy.slow_down(Duration::from_secs(1), 0);
    link.say(&said(0)).await;
    // At the first one, older messages are in flight as well.
    for _ in 0..4 {
        timeout(PATIENCE, on_its_way.recv()).await.expect("it is sent again");
        proxy.cut();
    }
    proxy.slow_down(Duration::ZERO, 0);
    for number in 1..=20 {
        link.say(&said(number)).await;
    }
    for number in 1..=20 {
        bus.next_where(TEXT, |message| message.value() == text(number)).await;
    }
}
