//! From the bus to the device: a command is run once and in order, or never.
//!
//! Promised is: a command that comes while the connector is subscribed and its connection whole is
//! run once, and in the order in which the broker gives them. One that the broker has in its hands
//! when the connection breaks may be lost; it is never run late. One that the connector has
//! acknowledged is run, unless the connector itself is killed.
//!
//! `cargo test --test commands` needs `mosquitto`.

mod commander;
mod heater;
mod line;
mod stage;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use rumqttc::QoS;
use serde_json::json;
use support::{
    Device, Mosquitto, launch,
    proxy::{Kind, Proxy, Way},
};
use tokio::time::sleep;

use crate::{
    commander::{Commander, value},
    heater::LAST,
    line::{Passed, number, watch},
    stage::Stage,
};

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
    for round in 1..=5 {
        // Live it is a command, and history with the next subscription.
        live.push(stage.commander.say(QoS::ExactlyOnce, true));
        stage.ran(*live.last().expect("just pushed")).await;
        let subscriptions = stage.subscriptions();
        stage.proxy.close(true);
        stage.proxy.cut();
        // "closed its connection", or why that could not be read any more.
        stage.broker.log().times(": Client demo-", round).await;
        // The broker takes them for nobody.
        let qos = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];
        for qos in qos.into_iter().cycle().take(30) {
            stage.commander.publish("demo/power", qos, false, value(LAST));
        }
        stage.commander.settled().await;
        stage.proxy.close(false);
        stage.subscribed(subscriptions + 1).await;
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

/// How many commands may wait at the broker, and how many for the device.
const WAITING: usize = 64;

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
        let before = proxy.counts().links;
        let connector = launch(proxy.port(), device.address()).start();
        let mut link = device.accept().await;
        let deadline = sleep(Duration::from_millis(fastrand::u64(100..400)));
        tokio::pin!(deadline);
        let mut lines = vec![];
        loop {
            // On a busy machine more than the connector keeps for a device would wait for it.
            let given = passed.lock().expect("nobody panics").given_since(before).count();
            if commander.waiting() < WAITING && given < lines.len() + WAITING {
                commander.command();
            }
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
        let given: Vec<_> = passed.given_since(life - 1).collect();
        drop(passed);
        assert!(given.starts_with(&in_this_life), "{given:?}\n{in_this_life:?}");
        run.extend(in_this_life);
    }
    let count = run.len();
    let once: HashSet<_> = run.into_iter().collect();
    assert_eq!(once.len(), count, "some came twice");
}
