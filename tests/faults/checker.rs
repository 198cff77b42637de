//! Counts what arrives at the broker: lost, doubled, or out of order.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use support::{
    NAME, patiently,
    proxy::{Kind, Watch, Way},
};
use tokio::{sync::watch, task::JoinHandle, time::timeout};

use crate::{
    subscriber::{self, Heard},
    traffic::Traffic,
};

/// Acknowledged numbers are remembered for so long.
const REMEMBERED: u64 = 50_000;

/// The numbers of one topic.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stream {
    /// All smaller ones have come, but those that are missing.
    next: u64,
    missing: BTreeSet<u64>,
    pub(crate) doubles: u64,
    pub(crate) inversions: u64,
    /// Acknowledged by a broker that was killed before it gave them to anybody.
    pub(crate) broker_lost: u64,
}

/// The sums of several streams.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// So far all streams have come.
    pub(crate) next: u64,
    pub(crate) missing: u64,
    pub(crate) doubles: u64,
    pub(crate) inversions: u64,
    pub(crate) broker_lost: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { next, missing, doubles, inversions, broker_lost } = self;
        write!(
            f,
            "{next} ({missing} missing, {broker_lost} lost by the broker, {doubles} twice, {inversions} out of order)"
        )
    }
}

impl Stream {
    fn take(&mut self, number: u64) {
        if number >= self.next {
            self.missing.extend(self.next..number);
            self.next = number + 1;
        } else if self.missing.remove(&number) {
            self.inversions += 1;
        } else {
            self.doubles += 1;
        }
    }

    pub(crate) fn lost(&self, count: u64) -> u64 {
        self.missing.len() as u64 + count.saturating_sub(self.next)
    }

    /// Several streams as one, as far as all of them are.
    pub(crate) fn sum<'a>(streams: impl IntoIterator<Item = &'a Self>) -> Tally {
        let mut tally = Tally { next: u64::MAX, ..Tally::default() };
        for stream in streams {
            tally.next = tally.next.min(stream.next);
            tally.missing += stream.missing.len() as u64;
            tally.doubles += stream.doubles;
            tally.inversions += stream.inversions;
            tally.broker_lost += stream.broker_lost;
        }
        tally
    }
}

#[derive(Default)]
struct Seen {
    streams: Vec<Stream>,
    subscriptions: usize,
}

/// A client that is subscribed straight at the broker.
pub(crate) struct Checker {
    port: u16,
    traffic: Traffic,
    seen: watch::Receiver<Seen>,
    change: watch::Sender<Seen>,
    acknowledged: Arc<Mutex<Vec<BTreeSet<u64>>>>,
    /// Aborted when dropped.
    listens: JoinHandle<()>,
}

impl Drop for Checker {
    fn drop(&mut self) {
        self.listens.abort();
    }
}

impl Checker {
    /// Subscribes, and publishes the datapoint map.
    pub(crate) async fn on(port: u16, traffic: Traffic) -> Self {
        let streams = vec![Stream::default(); traffic.streams()];
        let (change, seen) = watch::channel(Seen { streams, subscriptions: 0 });
        let listens = tokio::spawn(listen(port, traffic, change.clone()));
        let acknowledged = Arc::new(Mutex::new(vec![BTreeSet::new(); traffic.streams()]));
        let checker = Self { port, traffic, seen, change, acknowledged, listens };
        checker.subscribed(1).await;
        checker
    }

    pub(crate) fn subscriptions(&self) -> usize {
        self.seen.borrow().subscriptions
    }

    /// Waits until it was subscribed so often.
    pub(crate) async fn subscribed(&self, times: usize) {
        let mut seen = self.seen.clone();
        let wait = async { drop(seen.wait_for(|seen| seen.subscriptions >= times).await) };
        patiently(wait, || "the checker is not subscribed".to_owned()).await;
    }

    /// Waits until something has come on all topics.
    pub(crate) async fn began(&self) {
        let mut seen = self.seen.clone();
        let has_begun = |seen: &Seen| seen.streams.iter().all(|stream| stream.next > 0);
        let instead = || format!("nothing comes: {:?}", self.streams());
        patiently(async { drop(seen.wait_for(has_begun).await) }, instead).await;
    }

    /// Waits until so many have come on each topic.
    pub(crate) async fn until(&self, count: u64) {
        let mut seen = self.seen.clone();
        let have_come = |seen: &Seen| seen.streams.iter().all(|stream| stream.next >= count);
        let _ = seen.wait_for(have_come).await;
    }

    /// Waits until all so many have come on all topics, or nothing new has come for a time.
    pub(crate) async fn settle(&self, count: u64, silence: Duration) {
        let mut seen = self.seen.clone();
        loop {
            let is_complete = seen.borrow_and_update().streams.iter().all(|s| s.lost(count) == 0);
            if is_complete || timeout(silence, seen.changed()).await.is_err() {
                return;
            }
        }
    }

    /// Counts apart what a broker has acknowledged, but lost, as it was killed.
    pub(crate) fn excuse_the_broker(&self) {
        let acknowledged = self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
        self.change.send_modify(|seen| {
            for (stream, acknowledged) in seen.streams.iter_mut().zip(&*acknowledged) {
                let before = stream.missing.len();
                stream.missing.retain(|number| !acknowledged.contains(number));
                stream.broker_lost += (before - stream.missing.len()) as u64;
            }
        });
    }

    /// The numbers on each topic; those of the raw messages are the last.
    pub(crate) fn streams(&self) -> Vec<Stream> {
        self.seen.borrow().streams.clone()
    }

    /// The number that the broker retains as the newest value; the oldest of all values.
    pub(crate) async fn retained(&self) -> Option<u64> {
        let options = MqttOptions::new("late", "127.0.0.1", self.port);
        let (client, mut events) = AsyncClient::new(options, 10);
        client.try_subscribe(format!("{NAME}/#"), QoS::AtMostOnce).expect("there is room");
        let retained = async {
            let (mut streams, mut oldest) = (HashSet::new(), u64::MAX);
            while streams.len() < self.traffic.values() {
                if let Ok(Event::Incoming(Packet::Publish(message))) = events.poll().await
                    && let Some((stream, number)) =
                        self.traffic.number(&message.topic, &message.payload)
                {
                    streams.insert(stream);
                    oldest = oldest.min(number);
                }
            }
            oldest
        };
        timeout(Duration::from_secs(5), retained).await.ok()
    }

    /// Notes what is acknowledged to the client behind a proxy.
    pub(crate) fn watch_acknowledgements(&self) -> Watch {
        let (acknowledged, traffic) = (Arc::clone(&self.acknowledged), self.traffic);
        let in_flight = Mutex::new(HashMap::new());
        Box::new(move |link, way, packet| {
            let mut in_flight = in_flight.lock().unwrap_or_else(PoisonError::into_inner);
            let kind = packet[0] >> 4;
            if way == Way::ToBroker && kind == Kind::Publish as u8 {
                if let Some((id, what)) = published(packet, traffic) {
                    in_flight.insert((link, id), what);
                }
            } else if way == Way::ToClient
                && (kind == Kind::PubAck as u8 || kind == Kind::PubComp as u8)
                && let Some((topic, number)) =
                    in_flight.remove(&(link, u16::from_be_bytes([packet[2], packet[3]])))
            {
                let mut all = acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
                all[topic].insert(number);
                if number.is_multiple_of(1024) {
                    all[topic] = all[topic].split_off(&number.saturating_sub(REMEMBERED));
                }
            }
        })
    }
}

/// The packet id of a PUBLISH of QoS 1 or 2, and which number it carries on which topic.
fn published(packet: &[u8], traffic: Traffic) -> Option<(u16, (usize, u64))> {
    let body = 1 + packet[1..].iter().position(|byte| byte & 0x80 == 0)? + 1;
    let (length, rest) = packet.get(body..)?.split_first_chunk::<2>()?;
    let (topic, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    let (id, payload) = rest.split_first_chunk::<2>()?;
    let number = traffic.number(str::from_utf8(topic).ok()?, payload)?;
    Some((u16::from_be_bytes(*id), number))
}

async fn listen(port: u16, traffic: Traffic, seen: watch::Sender<Seen>) {
    let hear = |heard: &mut Vec<Heard>| {
        seen.send_modify(|seen| {
            for heard in heard.drain(..) {
                match heard {
                    Heard::Subscribed => seen.subscriptions += 1,
                    Heard::Message(message) => {
                        let number = traffic.number(&message.topic, &message.payload);
                        if let Some((stream, number)) = number {
                            seen.streams[stream].take(number);
                        }
                    }
                }
            }
        });
    };
    subscriber::listen(port, &traffic.map(), hear).await;
}
