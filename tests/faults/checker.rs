//! Counts what arrives at the broker: lost, doubled, or out of order.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};
use support::{
    NAME, patiently,
    proxy::{Kind, Watch, Way},
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

/// Where the values go, and where the raw messages go.
pub(crate) const TOPICS: [&str; 2] = ["demo/n", "demo/raw_message_to_db"];

const MAP: &str = r#"{"sensor":{"n":"demo/n"},"actuator":{"demo/set":"room_1__setpoint"}}"#;

/// From one attempt to reach the broker to the next.
const PAUSE: Duration = Duration::from_millis(10);

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

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { next, missing, doubles, inversions, broker_lost } = self;
        let missing = missing.len();
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
}

#[derive(Default)]
struct Seen {
    streams: [Stream; 2],
    subscriptions: usize,
}

/// A client that is subscribed straight at the broker.
pub(crate) struct Checker {
    port: u16,
    client: AsyncClient,
    seen: watch::Receiver<Seen>,
    change: watch::Sender<Seen>,
    acknowledged: Arc<Mutex<[BTreeSet<u64>; 2]>>,
}

impl Checker {
    /// Subscribes, and publishes the datapoint map.
    pub(crate) async fn on(port: u16) -> Self {
        let mut options = MqttOptions::new("checker", "127.0.0.1", port);
        options.set_max_packet_size(1 << 20, 1 << 20);
        let (client, events) = AsyncClient::new(options, 100);
        let (change, seen) = watch::channel(Seen::default());
        tokio::spawn(listen(client.clone(), events, change.clone()));
        let checker = Self { port, client, seen, change, acknowledged: Arc::default() };
        checker.subscribed(1).await;
        let map_topic = format!("{NAME}/datapoint_map");
        checker.client.try_publish(map_topic, QoS::AtLeastOnce, true, MAP).expect("there is room");
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

    /// Waits until something has come on both topics.
    pub(crate) async fn began(&self) {
        let mut seen = self.seen.clone();
        let has_begun = |seen: &Seen| seen.streams.iter().all(|stream| stream.next > 0);
        let instead = || format!("nothing comes: {:?}", self.streams());
        patiently(async { drop(seen.wait_for(has_begun).await) }, instead).await;
    }

    /// Waits until all so many have come on both topics, or nothing new has come for a time.
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

    pub(crate) fn streams(&self) -> [Stream; 2] {
        self.seen.borrow().streams.clone()
    }

    /// The number that the broker retains as the newest value.
    pub(crate) async fn retained(&self) -> Option<u64> {
        let options = MqttOptions::new("late", "127.0.0.1", self.port);
        let (client, mut events) = AsyncClient::new(options, 10);
        client.try_subscribe(TOPICS[0], QoS::AtLeastOnce).expect("there is room");
        let retained = async {
            loop {
                if let Ok(Event::Incoming(Packet::Publish(message))) = events.poll().await {
                    return number(&message.topic, &message.payload).map(|(_, number)| number);
                }
            }
        };
        timeout(Duration::from_secs(5), retained).await.ok().flatten()
    }

    /// Notes what is acknowledged to the client behind a proxy.
    pub(crate) fn watch_acknowledgements(&self) -> Watch {
        let acknowledged = Arc::clone(&self.acknowledged);
        let in_flight = Mutex::new(HashMap::new());
        Box::new(move |link, way, packet| {
            let mut in_flight = in_flight.lock().unwrap_or_else(PoisonError::into_inner);
            let kind = packet[0] >> 4;
            if way == Way::ToBroker && kind == Kind::Publish as u8 {
                if let Some((id, what)) = published(packet) {
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
fn published(packet: &[u8]) -> Option<(u16, (usize, u64))> {
    let body = 1 + packet[1..].iter().position(|byte| byte & 0x80 == 0)? + 1;
    let (length, rest) = packet.get(body..)?.split_first_chunk::<2>()?;
    let (topic, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    let (id, payload) = rest.split_first_chunk::<2>()?;
    let number = number(str::from_utf8(topic).ok()?, payload)?;
    Some((u16::from_be_bytes(*id), number))
}

/// The topic's index and the number in a message of the load.
fn number(topic: &str, payload: &[u8]) -> Option<(usize, u64)> {
    let topic = TOPICS.iter().position(|name| *name == topic)?;
    let text = str::from_utf8(payload).ok()?;
    let (_, rest) = text.split_once(["value", "raw_message"][topic])?;
    let rest = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
    let digits = rest.split_once(|c: char| !c.is_ascii_digit())?.0;
    Some((topic, digits.parse().ok()?))
}

async fn listen(client: AsyncClient, mut events: EventLoop, seen: watch::Sender<Seen>) {
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                client.try_subscribe(format!("{NAME}/#"), QoS::AtLeastOnce).expect("there is room");
            }
            Ok(Event::Incoming(Packet::SubAck(_))) => {
                seen.send_modify(|seen| seen.subscriptions += 1);
            }
            Ok(Event::Incoming(Packet::Publish(message))) if !message.retain => {
                if let Some((topic, number)) = number(&message.topic, &message.payload) {
                    seen.send_modify(|seen| seen.streams[topic].take(number));
                }
            }
            Ok(_) => {}
            Err(_) => sleep(PAUSE).await,
        }
    }
}
