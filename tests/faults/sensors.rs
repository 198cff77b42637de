//! From the device to the bus: nothing is lost, and all is in order.

use std::{fmt::Write, sync::Arc, time::Duration};

use serde_json::json;
use support::{
    Device, Mosquitto, launch,
    proxy::{Kind, Proxy, Way},
};
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};

use crate::{
    client::Client,
    fault::{Fault, Outcome, run},
    traffic::{Traffic, WINDOW},
};

/// So many runs share the machine, most of the time waiting.
const AT_ONCE: usize = 8;

/// How soon the connector is back once the line is.
const BACK: Duration = Duration::from_secs(5);

/// How soon it has noticed that the broker does not answer, beside that.
const NOTICED: Duration = Duration::from_secs(4);

/// A large message on a slow line takes a fifth of this, on a machine that has nothing else to do.
const PATIENCE: Duration = Duration::from_mins(3);

/// Runs each client through each fault.
pub(crate) async fn matrix(clients: &[Client], faults: &[Fault], traffic: Traffic) -> Vec<Outcome> {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut runs = JoinSet::new();
    for (i, &fault) in faults.iter().enumerate() {
        for (j, &client) in clients.iter().enumerate() {
            let permits = Arc::clone(&permits);
            runs.spawn(async move {
                let _permit = permits.acquire().await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn no_fault_costs_a_message_or_the_order() {
    let outcomes = matrix(&[Client::Connector], &Fault::ALL, Traffic::NUMBERS).await;
    let table = table(&outcomes);
    println!("{table}");
    let broken: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !broken_promises(outcome).is_empty())
        .map(|outcome| format!("{}: {:?}", outcome.fault, broken_promises(outcome)))
        .collect();
    assert!(broken.is_empty(), "{broken:#?}\n{table}");
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
