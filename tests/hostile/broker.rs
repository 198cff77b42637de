//! A broker that claims, floods, and lingers. Single packets that are wrong are in `tests/bad_inputs`.

use std::{future::pending, io, pin::Pin, time::Duration};

use support::Launch;
use tokio::{task::JoinSet, time::timeout};

use crate::{
    victim::{Victim, turn},
    visit::{HostileBroker, Visit, acknowledgement, publish},
};

/// A flood goes on for so long.
const FLOOD: Duration = Duration::from_secs(3);

/// A connector has noticed within this time that its broker is of no use: it waits for 10 s before it asks, and a
/// few more for the answer.
const NOTICED: Duration = Duration::from_secs(40);

/// The longest remaining length: MQTT 3.1.1, section 2.2.3.
const LONGEST: &[u8] = &[0xff, 0xff, 0xff, 0x7f];

/// Packets that are never long, by their first bytes; CONNACK first.
const SHORT_PACKETS: [u8; 10] = [0x20, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0, 0x00, 0xf0];

/// Less memory than the longest packet has, and several times as much as a connector reserves.
const LITTLE_DATA: &str = "ulimit -d 200000";

async fn claim(mut visit: Visit) -> io::Result<()> {
    let Some(&first) = SHORT_PACKETS.get(visit.number) else {
        visit.welcome().await?;
        return visit.behave().await;
    };
    if visit.number == 0 {
        visit.connect().await?;
    } else {
        visit.welcome().await?;
    }
    visit.send(&[first]).await?;
    visit.send(LONGEST).await?;
    visit.send(&vec![0; 1 << 18]).await?;
    pending().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claimed_length_reserves_nothing() {
    let broker = HostileBroker::start(claim).await;
    // What is reserved without being used shows only where it is limited.
    let settings = |launch: Launch| launch.within(LITTLE_DATA);
    let (victim, _link) = Victim::start("lengths", broker.port(), settings).await;
    victim.endure_until("a retry", victim.logs("retrying")).await;
    let recovers = broker.visited(SHORT_PACKETS.len() + 1);
    victim.endure_until("a further connection after each packet", recovers).await;
    victim.end().await;
}

/// The packets of a flood, by their ids.
type Flood = fn(u16) -> Vec<u8>;

const FLOODS: [(&str, Flood); 8] = [
    ("QoS 1", |id| publish(0x32, "demo/nothing", id, "1")),
    ("QoS 2", |id| publish(0x34, "demo/nothing", id, "1")),
    ("PUBREC", |id| acknowledgement(0x50, id)),
    ("PUBREL", |id| acknowledgement(0x62, id)),
    ("PINGRESP", |_| b"\xd0\0".to_vec()),
    ("random bytes", |_| (0..256).map(|_| fastrand::u8(..)).collect()),
    ("maps", |id| {
        let map = format!(r#"{{"sensor":{{"x":"demo/{id}"}},"actuator":{{}}}}"#);
        publish(0x30, "demo/datapoint_map", 0, &map)
    }),
    ("stored raw messages", |id| {
        let raw = format!(r#"{{"raw_message":"{{\"x\":{id}}}","timestamp":{id}}}"#);
        publish(0x30, "demo/raw_message_reprocess", 0, &raw)
    }),
];

async fn endure_flood(name: &'static str, flood: Flood) {
    let attack = move |mut visit: Visit| async move {
        visit.welcome().await?;
        visit.flood(flood).await
    };
    let _turn = turn().await;
    let broker = HostileBroker::start(attack).await;
    let (victim, mut link) = Victim::start(name, broker.port(), |launch| launch).await;
    link.say(r#"{"x":1}"#).await;
    victim.endure_until("a flood", broker.flooded()).await;
    victim.endure(FLOOD).await;
    victim.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_packets_is_endured() {
    let runs = FLOODS.into_iter().map(|(name, flood)| endure_flood(name, flood));
    runs.collect::<JoinSet<_>>().join_all().await;
}

/// One way to be of no use.
type Silence = fn(Visit) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

const SILENCES: [(&str, Silence); 8] = [
    ("accepts nothing", |mut visit| Box::pin(async move { visit.ignore().await })),
    ("answers no subscription", |mut visit| {
        Box::pin(async move {
            visit.connect().await?;
            visit.send(b"\x20\x02\0\0").await?;
            visit.ignore().await
        })
    }),
    ("acknowledges nothing", |mut visit| {
        Box::pin(async move {
            visit.welcome().await?;
            visit.ignore().await
        })
    }),
    ("answers pings only", |mut visit| {
        Box::pin(async move {
            visit.welcome().await?;
            visit.trickle(&[0xd0, 0].repeat(1000)).await
        })
    }),
    ("says one byte a second instead of a CONNACK", |mut visit| {
        Box::pin(async move {
            visit.connect().await?;
            visit.trickle(&long_message()).await
        })
    }),
    ("says one byte a second", |mut visit| {
        Box::pin(async move {
            visit.welcome().await?;
            visit.trickle(&long_message()).await
        })
    }),
    ("says one byte a second when all is acknowledged", |mut visit| {
        Box::pin(async move {
            visit.welcome().await?;
            let _ = timeout(Duration::from_secs(2), visit.behave()).await;
            visit.trickle(&long_message()).await
        })
    }),
    ("reads one byte a second", |mut visit| {
        Box::pin(async move {
            visit.welcome().await?;
            visit.sip().await
        })
    }),
];

async fn endure_silence(name: &'static str, attack: Silence) {
    let broker = HostileBroker::start(attack).await;
    // No heartbeat shows that the broker is of no use.
    let settings = |launch: Launch| launch.variable("HEARTBEAT_SECONDS", "3600");
    let (victim, mut link) = Victim::start(name, broker.port(), settings).await;
    link.say(&format!(r#"{{"x":"{}"}}"#, "x".repeat(100_000))).await;
    victim.endure_within("a second connection", broker.visited(2), NOTICED).await;
    victim.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_of_no_use_is_left() {
    let runs = SILENCES.into_iter().map(|(name, attack)| endure_silence(name, attack));
    runs.collect::<JoinSet<_>>().join_all().await;
}

/// A message of 10,000 bytes.
fn long_message() -> Vec<u8> {
    let mut packet = vec![0x30, 0x90, 0x4e];
    packet.extend(b"\0\x0cdemo/nothing");
    packet.resize(10_000, b'x');
    packet
}
