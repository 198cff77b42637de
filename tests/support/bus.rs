//! Somebody who listens to everything on the bus, and can say something too.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, NetworkOptions, Packet, Publish, QoS};
use serde_json::Value;
use tokio::{sync::watch, time::sleep};

use super::patience::patiently;

const MAX_PACKET: usize = 64 << 20;
/// mosquitto acknowledges, but does not deliver, more than 20 at once at `QoS` 2.
const WINDOW: u16 = 16;

const MAX_WAITING: usize = 10_000;

/// From one attempt to reach the broker to the next.
const PAUSE: Duration = Duration::from_millis(10);

/// A client of the broker that is subscribed to `#`.
pub struct Bus {
    client: AsyncClient,
    seen: watch::Receiver<Seen>,
    /// How many messages of a topic were taken.
    taken: HashMap<String, usize>,
    /// Topics on which the test itself speaks.
    own: HashSet<String>,
}

#[derive(Default)]
struct Seen {
    messages: Vec<Message>,
    is_subscribed: bool,
    subscriptions: usize,
}

#[derive(Clone, PartialEq)]
pub struct Message {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: u8,
    pub retain: bool,
}

impl Message {
    pub fn text(&self) -> &str {
        str::from_utf8(&self.payload).unwrap_or_else(|_| panic!("no UTF-8: {self:?}"))
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The `value` of a value message.
    pub fn value(&self) -> Value {
        self.json()["value"].take()
    }

    /// The `timestamp` of a value or log message.
    pub fn timestamp(&self) -> i64 {
        self.json()["timestamp"].as_i64().unwrap_or_else(|| panic!("no timestamp: {self:?}"))
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let retained = if self.retain { ", retained" } else { "" };
        let payload = String::from_utf8_lossy(&self.payload);
        write!(f, "{} (QoS {}{retained}) {payload:.300}", self.topic, self.qos)
    }
}

impl Bus {
    /// Connects, and waits until it is subscribed.
    pub async fn on(port: u16) -> Self {
        Self::connect(port, None, false).await
    }

    /// As [`on`](Self::on), for somebody who says many things and waits after each: none is held back
    /// to be sent together with the next one.
    pub async fn prompt(port: u16) -> Self {
        Self::connect(port, None, true).await
    }

    /// As [`on`](Self::on), with user name and password.
    pub async fn login(port: u16, login: Option<(&str, &str)>) -> Self {
        Self::connect(port, login, false).await
    }

    async fn connect(port: u16, login: Option<(&str, &str)>, is_prompt: bool) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let id = format!("bus-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut options = MqttOptions::new(id, "127.0.0.1", port);
        options.set_max_packet_size(MAX_PACKET, MAX_PACKET).set_inflight(WINDOW);
        if let Some((user, password)) = login {
            options.set_credentials(user, password);
        }
        let (client, mut events) = AsyncClient::new(options, MAX_WAITING);
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(is_prompt);
        events.set_network_options(network);
        let (sender, seen) = watch::channel(Seen::default());
        tokio::spawn(listen(client.clone(), events, sender));
        let bus = Self { client, seen, taken: HashMap::new(), own: HashSet::new() };
        bus.subscribed().await;
        bus
    }

    /// Waits until it is subscribed.
    pub async fn subscribed(&self) {
        self.until(|seen| seen.is_subscribed.then_some(()), "the subscription").await;
    }

    /// How often it was subscribed.
    pub fn subscriptions(&self) -> usize {
        self.seen.borrow().subscriptions
    }

    /// Waits until it was subscribed more often than this.
    pub async fn subscribed_after(&self, count: usize) {
        let is_after = |seen: &Seen| (seen.subscriptions > count).then_some(());
        self.until(is_after, "further subscription").await;
    }

    /// Waits until the broker is gone.
    pub async fn lost(&self) {
        self.until(|seen| (!seen.is_subscribed).then_some(()), "the loss of the broker").await;
    }

    /// All messages so far.
    pub fn messages(&self) -> Vec<Message> {
        self.seen.borrow().messages.clone()
    }

    /// How many messages of a topic there are so far.
    pub fn count(&self, topic: &str) -> usize {
        self.seen.borrow().messages.iter().filter(|message| message.topic == topic).count()
    }

    /// The last message of a topic so far.
    pub fn last(&self, topic: &str) -> Option<Message> {
        self.seen.borrow().messages.iter().rev().find(|message| message.topic == topic).cloned()
    }

    /// All messages of a topic so far.
    pub fn all(&self, topic: &str) -> Vec<Message> {
        let mut messages = self.messages();
        messages.retain(|message| message.topic == topic);
        messages
    }

    /// Waits for the next message of a topic that was not taken yet.
    pub async fn next(&mut self, topic: &str) -> Message {
        self.next_where(topic, |_| true).await
    }

    /// Waits for the next message of a topic that fulfils a condition; those before count as taken.
    pub async fn next_where(
        &mut self,
        topic: &str,
        condition: impl Fn(&Message) -> bool,
    ) -> Message {
        let taken = self.taken.get(topic).copied().unwrap_or_default();
        let find = |seen: &Seen| {
            let messages = seen.messages.iter().filter(|message| message.topic == topic);
            let mut rest = messages.enumerate().skip(taken);
            rest.find(|(_, message)| condition(message)).map(|(at, found)| (at, found.clone()))
        };
        let (at, message) = self.until(find, &format!("message {} on {topic}", taken + 1)).await;
        self.taken.insert(topic.to_owned(), at + 1);
        message
    }

    /// Takes nothing of a topic, now or later, that came before this.
    pub fn skip(&mut self, topic: &str) {
        let count = self.all(topic).len();
        self.taken.insert(topic.to_owned(), count);
    }

    /// Publishes, and waits until it comes back: then the broker has it.
    pub async fn publish(
        &mut self,
        topic: &str,
        qos: QoS,
        retain: bool,
        payload: impl Into<Vec<u8>>,
    ) {
        let payload = payload.into();
        self.send(topic, qos, retain, payload.clone());
        self.next_where(topic, |message| message.payload == payload).await;
    }

    /// Publishes without waiting.
    pub fn send(&mut self, topic: &str, qos: QoS, retain: bool, payload: impl Into<Vec<u8>>) {
        self.own.insert(topic.to_owned());
        self.client.try_publish(topic, qos, retain, payload).expect("there is room in the queue");
    }

    /// Whether all that the connector said has exactly the members that the contract asks for. One
    /// message of another shape ends threads of other services.
    #[track_caller]
    pub fn assert_contract(&self, name: &str) {
        for message in self.messages() {
            if !self.own.contains(&message.topic) {
                assert_shape(name, &message);
            }
        }
    }

    async fn until<T>(&self, find: impl Fn(&Seen) -> Option<T>, what: &str) -> T {
        let mut seen = self.seen.clone();
        let wait = seen.wait_for(|seen| find(seen).is_some());
        let instead = || format!("no {what} in:\n{}", self.show());
        patiently(async { drop(wait.await.expect("it listens as long as the test")) }, instead)
            .await;
        find(&self.seen.borrow()).expect("just found, and nothing is ever removed")
    }

    fn show(&self) -> String {
        let lines: Vec<_> =
            self.messages().iter().map(|message| format!("  {message:?}")).collect();
        lines.join("\n")
    }
}

async fn listen(client: AsyncClient, mut events: EventLoop, seen: watch::Sender<Seen>) {
    loop {
        let event = tokio::select! {
            event = events.poll() => event,
            () = seen.closed() => return,
        };
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                client.try_subscribe("#", QoS::ExactlyOnce).expect("there is room in the queue");
            }
            Ok(Event::Incoming(Packet::SubAck(_))) => {
                seen.send_modify(|seen| {
                    seen.is_subscribed = true;
                    seen.subscriptions += 1;
                });
            }
            Ok(Event::Incoming(Packet::Publish(message))) => {
                seen.send_modify(|seen| seen.messages.push(message.into()));
            }
            Ok(_) => {}
            Err(_) => {
                seen.send_modify(|seen| seen.is_subscribed = false);
                sleep(PAUSE).await;
            }
        }
    }
}

impl From<Publish> for Message {
    fn from(Publish { topic, payload, qos, retain, .. }: Publish) -> Self {
        Self { topic, payload: payload.into(), qos: qos as u8, retain }
    }
}

#[track_caller]
fn assert_shape(name: &str, message: &Message) {
    let below = message.topic.strip_prefix(name).and_then(|rest| rest.strip_prefix('/'));
    if below == Some("status") {
        assert!(matches!(&*message.payload, b"online" | b"offline"), "{message:?}");
        return;
    }
    let json = message.json();
    let members = |json: &Value| {
        json.as_object()
            .map(|object| object.keys().cloned().collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let (expected, fits): (&[_], _) = match below {
        Some("logs") => (
            &["emitter", "level", "msg", "timestamp"],
            json["emitter"].is_string()
                && json["msg"].is_string()
                && json["timestamp"].is_i64()
                && matches!(json["level"].as_u64(), Some(10 | 20 | 30 | 40)),
        ),
        Some("heartbeat") => (
            &["next_heartbeats_timestamp", "this_heartbeats_timestamp"],
            json["this_heartbeats_timestamp"].is_i64()
                && json["next_heartbeats_timestamp"].is_i64(),
        ),
        Some("available_datapoints") => {
            (&["actuator", "sensor"], json["actuator"].is_object() && json["sensor"].is_object())
        }
        Some("raw_message_to_db") => (
            &["connector_version", "payload"],
            json["connector_version"].is_string()
                && members(&json["payload"]) == ["raw_message", "timestamp"]
                && json["payload"]["timestamp"].is_i64(),
        ),
        _ => (&["timestamp", "value"], json["timestamp"].is_i64()),
    };
    assert!(members(&json) == expected && fits, "not as the contract has it: {message:?}");
}
