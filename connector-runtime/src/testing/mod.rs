//! Tests of a whole connector, on a broker in memory and with a clock that can be paused.
//!
//! To test `parse`, call it like any other function. Everything else can be tested from the bus. Enable
//! the feature `testing` for your tests:
//!
//! ```toml
//! [dev-dependencies]
//! connector-runtime = { version = "..", features = ["testing"] }
//! tokio = { version = "1", features = ["macros", "rt", "test-util"] }
//! ```
//!
//! Every function of this module panics if the test should fail.
//!
//! With `start_paused` a test never waits: the clock jumps to the next event.
//!
//! ```
//! use connector_runtime::{prelude::*, testing::Bus};
//! use serde_json::{Value, json};
//!
//! /// A tank that can be filled and emptied.
//! #[connector(name = "tank")]
//! struct Tank {
//!     #[arg(skip)]
//!     level: std::sync::atomic::AtomicU64,
//! }
//!
//! #[connector]
//! impl Tank {
//!     #[receive(every = Duration::from_secs(60))]
//!     fn level(&self) -> Result<u64> {
//!         Ok(self.level.load(std::sync::atomic::Ordering::Relaxed))
//!     }
//!
//!     #[parse]
//!     fn readings(raw: &u64) -> Result<Value> {
//!         Ok(json!({ "level": raw }))
//!     }
//!
//!     #[send("level", range = 0..=100)]
//!     fn fill(&self, level: u64) -> Result<()> {
//!         Ok(self.level.store(level, std::sync::atomic::Ordering::Relaxed))
//!     }
//! }
//!
//! # run();
//! # fn run() {
//! #     tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true)
//! #         .build().unwrap().block_on(a_tank_can_be_filled());
//! # }
//! // #[tokio::test(start_paused = true)]
//! async fn a_tank_can_be_filled() {
//!     let mut bus = Bus::start(Tank { level: 0.into() }).await;
//!     bus.select(&["level"]).await;
//!     assert_eq!(bus.value("level").await, json!(0));
//!     bus.command("level", 70);
//!     assert_eq!(bus.value("level").await, json!(70));
//!     bus.command("level", 101);
//!     assert!(bus.log().await["msg"].as_str().unwrap().contains("outside of the range"));
//! }
//! ```

#![allow(clippy::missing_panics_doc, reason = "documented at the module")]

#[doc(hidden)]
pub mod fuzz;
#[doc(hidden)]
pub mod machine;

use std::{collections::HashMap, io, sync::Arc, time::Duration};

use bytes::BytesMut;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    runtime::Handle,
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, interval, sleep, timeout},
};
use tracing_subscriber::{filter::LevelFilter, prelude::*};

use crate::{
    bus::{Event, Link},
    connector::Connector,
    mqtt::{
        Address, EmbeddedBroker, LinkError,
        codec::{self, Connect, Packet, QoS},
    },
    outbox::{LIMIT, MessageKind, Outbox, Publish},
    runtime::serve,
    settings::BusSettings,
    telemetry::{LogTopicLayer, log::Logs},
    time::Timestamp,
};

/// The time limit for a message, after which the test fails.
const PATIENCE: Duration = Duration::from_mins(5);

/// A message on the bus.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// The topic that it was published on.
    pub topic: String,
    /// The content. The topic `{name}/status` carries plain text, which is a [`Value::String`] here.
    pub payload: Value,
    /// Whether the broker had retained it before this bus subscribed.
    pub is_retained: bool,
}

/// A bus with one connector. The test takes the role of everyone else: the administrator, the databases
/// and the controllers.
pub struct Bus {
    name: String,
    broker: EmbeddedBroker,
    incoming: mpsc::UnboundedReceiver<Message>,
    outgoing: mpsc::UnboundedSender<Publish>,
    seen: Vec<Message>,
    /// The actuators of the last selection.
    selected: Option<Vec<String>>,
    /// The indices in `seen` of messages that the test has not yet taken.
    waiting: Vec<usize>,
    stop: oneshot::Sender<()>,
    connector: JoinHandle<()>,
}

impl Bus {
    /// Starts a connector with its default name and the default settings of the bus.
    pub async fn start<C: Connector>(connector: C) -> Self {
        Self::start_with(connector, |_| {}).await
    }

    /// Starts a connector with other settings of the bus, which `change` sets.
    pub async fn start_with<C: Connector>(
        connector: C,
        change: impl FnOnce(&mut BusSettings),
    ) -> Self {
        let writer = tracing_subscriber::fmt::layer().with_test_writer();
        let writer = writer.with_filter(LevelFilter::INFO);
        let _ = tracing_subscriber::registry().with(writer).with(LogTopicLayer).try_init();
        let mut settings = BusSettings::new(C::NAME, "memory");
        change(&mut settings);
        let (name, broker) = (settings.connector_name.clone(), EmbeddedBroker::new());
        let (outgoing, receiver) = mpsc::unbounded_channel();
        let (sender, incoming) = mpsc::unbounded_channel();
        let (subscribed, is_subscribed) = oneshot::channel();
        tokio::spawn(observe(broker.clone(), receiver, sender, subscribed));
        is_subscribed.await.expect("the broker in memory confirms subscriptions");
        let (stop, stopped) = oneshot::channel::<()>();
        let (address, until) = (broker.clone(), async { drop(stopped.await) });
        let open = move || Ok(address.connect());
        let connector = tokio::spawn(run_on(open, connector, settings, until));
        Self {
            name,
            broker,
            incoming,
            outgoing,
            seen: Vec::new(),
            selected: None,
            waiting: Vec::new(),
            stop,
            connector,
        }
    }

    /// Returns the broker, for example to close its connections.
    #[must_use]
    pub fn broker(&self) -> &EmbeddedBroker {
        &self.broker
    }

    /// Selects exactly these sensors, and all actuators of the last announcement. Waits for an
    /// announcement if there was none yet, and until the connector is subscribed to the topics of its
    /// actuators.
    pub async fn select(&mut self, sensors: &[&str]) {
        let topic = self.below("available_datapoints");
        let last = self.seen.iter().rev().find(|message| message.topic == topic);
        let announced = match last.map(|message| message.payload.clone()) {
            Some(announced) => announced,
            None => self.next(&topic).await,
        };
        let sensors: HashMap<_, _> =
            sensors.iter().map(|key| (*key, self.sensor_topic(key))).collect();
        let actuators = announced["actuator"].as_object().expect("an announcement is an object");
        let actuators: HashMap<_, _> =
            actuators.keys().map(|key| (self.actuator_topic(key), key)).collect();
        let map = json!({ "sensor": sensors, "actuator": actuators });
        self.publish(&self.below("datapoint_map"), &map, true);
        self.selected = Some(actuators.values().map(|key| (*key).clone()).collect());
        let deadline = Instant::now() + PATIENCE;
        for topic in actuators.keys() {
            // One of the subscribers is this bus.
            while self.broker.listeners(topic) < 2 {
                assert!(Instant::now() < deadline, "the connector does not subscribe to `{topic}`");
                sleep(Duration::from_millis(1)).await;
            }
        }
    }

    /// Waits for the next value of a selected sensor, and returns it without its timestamp.
    pub async fn value(&mut self, key: &str) -> Value {
        self.next(&self.sensor_topic(key)).await["value"].take()
    }

    /// Sends a command to a selected actuator, with the current time as its timestamp. Panics if the
    /// actuator is not selected.
    pub fn command(&mut self, key: &str, value: impl Into<Value>) {
        let is_selected = |selected: &Vec<String>| selected.iter().any(|actuator| actuator == key);
        assert!(
            self.selected.as_ref().is_none_or(is_selected),
            "the actuator `{key}` is not selected; selected are {:?}",
            self.selected
        );
        let now = Timestamp::now().as_millis();
        let command = json!({ "value": value.into(), "timestamp": now });
        self.publish(&self.actuator_topic(key), &command, false);
    }

    /// Waits for the next log message of level WARNING or above, and returns its payload.
    pub async fn log(&mut self) -> Value {
        let topic = self.below("logs");
        loop {
            let log = self.next(&topic).await;
            if log["level"].as_u64() >= Some(30) {
                return log;
            }
        }
    }

    /// Waits for the next message on a topic, and returns its payload. Messages that arrive on other
    /// topics in the meantime can still be taken later.
    pub async fn next(&mut self, topic: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let next = self.waiting.iter().position(|&index| self.seen[index].topic == topic);
            if let Some(place) = next {
                return self.seen[self.waiting.remove(place)].payload.clone();
            }
            match timeout(deadline - Instant::now(), self.incoming.recv()).await {
                Ok(Some(message)) => {
                    self.waiting.push(self.seen.len());
                    self.seen.push(message);
                }
                _ => panic!(
                    "no further message arrived on `{topic}`; messages so far: {:#?}",
                    self.seen
                ),
            }
        }
    }

    /// Publishes a message with any topic and payload.
    pub fn publish(&self, topic: &str, payload: &Value, retain: bool) {
        let (topic, payload) = (topic.into(), payload.to_string().into());
        let (qos, kind) = (QoS::AtLeastOnce, MessageKind::Value);
        // Without a receiver the observer has failed, and so will the next wait.
        let _ = self.outgoing.send(Publish { topic, payload, qos, retain, kind, seq: 0 });
    }

    /// Stops the connector like SIGTERM, and waits until it has ended.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        self.connector.await.expect("the connector does not panic");
    }

    fn below(&self, last: &str) -> String {
        format!("{}/{last}", self.name)
    }

    fn sensor_topic(&self, key: &str) -> String {
        self.below(&format!("messages/{key}/value"))
    }

    fn actuator_topic(&self, key: &str) -> String {
        self.below(&format!("messages/{key}/command"))
    }
}

/// Runs a connector until `until` is ready; `open` connects it to a broker. Not part of the public API.
#[doc(hidden)]
pub async fn run_on<C: Connector>(
    open: impl Fn() -> io::Result<DuplexStream> + Send + Sync + 'static,
    connector: C,
    settings: BusSettings,
    until: impl Future<Output = ()>,
) {
    let (address, logs) = (Address::Memory(Arc::new(open)), Logs::new(settings.debug));
    let device = Handle::current();
    let running = serve(connector, settings, Some(address), logs.clone(), &device, until);
    logs.collect(running).await.unwrap_or_else(|exit| panic!("{exit}"));
}

/// A client that receives all messages, and reconnects immediately if its connection is closed.
async fn observe(
    broker: EmbeddedBroker,
    mut outgoing: mpsc::UnboundedReceiver<Publish>,
    incoming: mpsc::UnboundedSender<Message>,
    subscribed: oneshot::Sender<()>,
) {
    let mut subscribed = Some(subscribed);
    let mut outbox = Outbox::new(LIMIT);
    while !incoming.is_closed() {
        let mut observer = Observer::new(broker.connect());
        let received = |message| drop(incoming.send(message));
        // Some tests close the connection on purpose.
        let _ = observer.run(&mut outgoing, &mut outbox, &mut subscribed, received).await;
        outbox.give_back(observer.link.undelivered());
    }
}

struct Observer {
    stream: DuplexStream,
    link: Link,
    input: BytesMut,
}

impl Observer {
    fn new(stream: DuplexStream) -> Self {
        Self { stream, link: Link::new(Instant::now()), input: BytesMut::new() }
    }

    async fn run(
        &mut self,
        outgoing: &mut mpsc::UnboundedReceiver<Publish>,
        outbox: &mut Outbox,
        subscribed: &mut Option<oneshot::Sender<()>>,
        received: impl Fn(Message),
    ) -> Result<(), LinkError> {
        self.link.write(&Packet::Connect(Connect::new("observer")))?;
        self.link.subscribe(&["#".to_owned()], QoS::ExactlyOnce, Instant::now())?;
        let mut pings = interval(Duration::from_secs(5));
        loop {
            self.link.fill(outbox, Instant::now());
            self.stream.write_all_buf(&mut self.link.out).await?;
            tokio::select! {
                publish = outgoing.recv() => outbox.push(publish.ok_or(LinkError::Closed)?),
                read = self.stream.read_buf(&mut self.input) => if read? == 0 {
                    return Err(LinkError::Closed);
                },
                // Half of the keep-alive in CONNECT.
                _ = pings.tick() => self.link.write(&Packet::PingReq)?,
            }
            while let Some(packet) = codec::read(&mut self.input)? {
                match packet {
                    Packet::ConnAck(_) => {}
                    packet => match self.link.receive(packet, Instant::now())? {
                        Some(Event::Message(message)) => received(decode(message)),
                        Some(Event::Subscribed { .. }) => {
                            subscribed.take().map(|subscribed| subscribed.send(()));
                        }
                        None => {}
                    },
                }
            }
        }
    }
}

/// Decodes a payload: plain text for the status, otherwise JSON.
fn decode(message: codec::Publish) -> Message {
    let codec::Publish { topic, payload, retain, .. } = message;
    let payload = match &*payload {
        b"online" | b"offline" if topic.ends_with("/status") => {
            Value::from(str::from_utf8(&payload).unwrap_or_default())
        }
        json => serde_json::from_slice(json)
            .unwrap_or_else(|error| panic!("a message on {topic} is not valid JSON: {error}")),
    };
    Message { topic, payload, is_retained: retain }
}
