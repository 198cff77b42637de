//! Programs on the bus, and devices, that say far too much; the broker is a mosquitto.

use std::{
    fmt::{Display, Write},
    future::pending,
    ops::Range,
    time::Duration,
};

use serde_json::json;
use support::proxy::{Kind, Way};
use tokio::{
    task::JoinSet,
    time::{interval, sleep},
};

use crate::scene::{LIVE, Peer, Scene};

/// An attack goes on for so long.
const ATTACK: Duration = Duration::from_secs(4);

/// A map that selects an actuator and the sensor `x`.
const MAP: &str = r#"{"sensor":{"x":"demo/x"},"actuator":{"demo/set":"room_1__setpoint"}}"#;

/// The topic, messages a second, and what is in each by its number.
type Flood = (&'static str, &'static str, u32, fn(u64) -> String);

const FLOODS: [Flood; 5] = [
    ("others that call it offline", "demo/status", 2_000, |_| "offline".to_owned()),
    ("heartbeats of others", "demo/heartbeat", 2_000, |number| {
        json!({ "this_heartbeats_timestamp": number, "next_heartbeats_timestamp": number + 1 })
            .to_string()
    }),
    ("a thousand maps a second", "demo/datapoint_map", 1_000, |number| {
        MAP.replace("demo/x", &format!("demo/x{}", number % 7))
    }),
    ("commands", "demo/set", 5_000, |number| {
        json!({ "value": 21.5, "timestamp": number }).to_string()
    }),
    ("stored raw messages", "demo/raw_message_reprocess", 5_000, |number| {
        json!({ "raw_message": format!(r#"{{"x":{number}}}"#), "timestamp": number }).to_string()
    }),
];

async fn endure_flood((name, topic, rate, payload): Flood) {
    let (scene, mut device) = Scene::set(name).await;
    let mut peer = scene.peer().await;
    device.say(r#"{"x":1}"#).await;
    peer.publish("demo/datapoint_map", true, MAP).await;
    scene.victim.logs("selected").await;
    let attack = async move {
        let is_retained = topic != "demo/set";
        peer.flood(rate, topic, is_retained, payload).await;
    };
    scene.suffer(ATTACK, attack).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_flood_of_messages_is_endured() {
    FLOODS.into_iter().map(endure_flood).collect::<JoinSet<_>>().join_all().await;
}

/// Nearly as many sensors as a connector knows at most. With 300 bytes each their values, as messages, need more memory
/// than those that wait for the broker may.
const MANY: u32 = 45_000;

/// A line with sensors of these numbers, each of this value.
fn line(sensors: Range<u32>, value: impl Display) -> String {
    let mut line = String::from("{");
    for sensor in sensors {
        let _ = write!(line, r#""s{sensor}":{value},"#);
    }
    line.pop();
    line + "}"
}

/// Selects the sensor that is observed, and those up to this number, with topics below this prefix.
fn map(sensors: u32, prefix: &str) -> String {
    let mut map = format!(r#"{{"actuator":{{}},"sensor":{{"live":"{LIVE}""#);
    for sensor in 0..sensors {
        let _ = write!(map, r#","s{sensor}":"demo/{prefix}/{sensor}""#);
    }
    map + "}}"
}

/// Publishes maps one after the other, for ever.
async fn publish_in_turn(peer: &mut Peer, maps: &[String], every: Duration) {
    let mut ticks = interval(every);
    for map in maps.iter().cycle() {
        ticks.tick().await;
        peer.publish("demo/datapoint_map", true, map.as_str()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn maps_that_alternate_are_endured() {
    let (scene, mut device) = Scene::set("two maps in turn").await;
    device.say(&line(0..20_000, 1)).await;
    let mut peer = scene.peer().await;
    let maps = ["a", "b"].map(|prefix| map(20_000, prefix));
    let attack = async move { publish_in_turn(&mut peer, &maps, Duration::from_millis(100)).await };
    scene.suffer(ATTACK, attack).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn large_maps_are_endured() {
    let (scene, _device) = Scene::set("maps of 8 MB").await;
    let mut peer = scene.peer().await;
    // 99,000 entries of about 80 bytes: both limits of a map are close.
    let map = map(99_000, &"x".repeat(50));
    assert!((7_000_000..8_000_000).contains(&map.len()), "{}", map.len());
    let attack =
        async move { publish_in_turn(&mut peer, &[map], Duration::from_millis(500)).await };
    scene.suffer(ATTACK, attack).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn values_larger_than_the_memory_for_them_cost_no_live_value() {
    let (scene, mut device) = Scene::set("many long values").await;
    let mut peer = scene.peer().await;
    peer.publish("demo/datapoint_map", true, map(MANY, "s")).await;
    scene.victim.logs("selected").await;
    device.say(r#"{"live":0}"#).await;
    let long = json!("x".repeat(300));
    for first in (0..MANY).step_by(2_500) {
        device.say(&line(first..first + 2_500, &long)).await;
    }
    for cut in 1..=3 {
        scene.proxy.cut();
        device.say(&format!(r#"{{"live":{cut}}}"#)).await;
        scene.endure_until("a live value", scene.observer.sees(cut)).await;
    }
    let published = || scene.proxy.counts().passed(Way::ToBroker, Kind::Publish);
    let calm = async {
        loop {
            let before = published();
            sleep(Duration::from_secs(2)).await;
            if published() - before < 100 {
                return;
            }
        }
    };
    scene.endure_until("an end of what is published again", calm).await;
    scene.victim.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn an_announcement_larger_than_the_memory_for_it_is_endured() {
    let (scene, mut device) = Scene::set("examples of 0.9 MB").await;
    let long = json!("x".repeat(900_000));
    let attack = async move {
        for key in (0..20).cycle() {
            if device.try_say(&line(key..key + 1, &long)).await.is_err() {
                return;
            }
        }
    };
    scene.suffer(ATTACK, attack).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn keys_without_an_end_are_endured() {
    let (scene, mut device) = Scene::set("500 new keys a second").await;
    let attack = async move {
        let mut ticks = interval(Duration::from_millis(20));
        for number in 0_u32.. {
            ticks.tick().await;
            if device.try_say(&line(number * 10..number * 10 + 10, number)).await.is_err() {
                return;
            }
        }
    };
    scene.suffer(ATTACK * 2, attack).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_million_keys_are_endured() {
    let (scene, mut device) = Scene::set("a million keys").await;
    let attack = async move {
        for first in (0..1_000_000).step_by(10_000) {
            if device.try_say(&line(first..first + 10_000, 1)).await.is_err() {
                return;
            }
        }
        pending::<()>().await;
    };
    scene.suffer(ATTACK * 2, attack).await;
}
