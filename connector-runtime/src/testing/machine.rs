//! A connector without sockets, clocks and tasks, for simulations that control the order of all events.
//! Not part of the public API.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::BytesMut;
use serde::Serialize;
use tokio::time::Instant;

use crate::{
    bus::{BusHandle, Link, Protocol, exchange},
    command::{Mailbox, Step},
    datapoint::{Actuator, Command},
    mqtt::codec,
    outbox::Outbox,
    readings::FlatReadings,
    telemetry::log::Logs,
    time::{Now, Timestamp},
};

/// The interval between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// A connector without its tasks. After an error, the simulation must [close](Self::cut) the connection.
pub struct Machine {
    bus: BusHandle,
    mailboxes: Vec<Arc<Mailbox>>,
    link: Option<Link>,
    is_online: bool,
    holds_until: Instant,
    input: BytesMut,
    now: Now,
}

impl Machine {
    /// Creates a connector that starts at this time, in milliseconds since 1970. At most `limit` bytes
    /// wait for the broker.
    #[must_use]
    pub fn new(name: &str, actuators: Vec<Actuator>, limit: usize, millis: i64) -> Self {
        let mut protocol = Protocol::new(name, "0", Vec::new(), actuators);
        protocol.outbox = Outbox::new(limit);
        let bus = BusHandle::new(protocol, Logs::new(false), Arc::default());
        let mailboxes = std::iter::from_fn(|| {
            let next = pin!(bus.mailboxes.next()).poll(&mut Context::from_waker(Waker::noop()));
            if let Poll::Ready(mailbox) = next { mailbox } else { None }
        });
        let now = Now { wall: Timestamp::from_millis(millis), instant: Instant::now() };
        Self {
            mailboxes: mailboxes.collect(),
            bus,
            link: None,
            is_online: false,
            holds_until: now.instant,
            input: BytesMut::new(),
            now,
        }
    }

    /// Publishes values at QoS 0 from now on.
    pub fn publish_values_unacknowledged(&self) {
        self.bus.update(|protocol| protocol.value_qos = codec::QoS::AtMostOnce);
    }

    /// Advances both clocks.
    pub fn elapse(&mut self, time: Duration) {
        self.now.instant += time;
        self.now.wall = self.now.wall + time;
    }

    /// Sets the wall clock.
    pub fn set_clock(&mut self, millis: i64) {
        self.now.wall = Timestamp::from_millis(millis);
    }

    /// Publishes readings of the device part.
    pub fn readings(&self, readings: &impl Serialize) {
        let mut flat = FlatReadings::default();
        flat.serialize(readings).expect("readings of a simulation can be flattened");
        self.bus.update(|protocol| protocol.readings(&flat, self.now.wall));
    }

    /// Publishes a raw message of the device part, as JSON.
    pub fn raw_message(&self, json: &str) {
        self.bus.update(|protocol| protocol.raw_message(json, self.now.wall));
    }

    /// Publishes a heartbeat.
    pub fn heartbeat(&self) {
        self.bus.update(|protocol| protocol.heartbeat(self.now.wall, HEARTBEAT));
    }

    /// Begins the exchange on a connection that the broker has accepted.
    pub fn connect(&mut self) -> Result<(), String> {
        let link = self.link.insert(Link::new(self.now.instant));
        exchange::subscribe(link, &self.bus, self.now.instant).map_err(|error| error.to_string())
    }

    /// Handles packets from the broker.
    pub fn hear(&mut self, bytes: &[u8]) -> Result<(), String> {
        let Some(link) = &mut self.link else { return Ok(()) };
        self.input.extend_from_slice(bytes);
        while let Ok(Some(packet)) = codec::read(&mut self.input) {
            let event = link.receive(packet, self.now.instant);
            let heard = event.and_then(|event| exchange::hear(&self.bus, event, self.now));
            heard.map_err(|error| error.to_string())?;
        }
        if !self.is_online && link.is_settled() {
            self.is_online = true;
            self.holds_until = self.now.instant + exchange::HOLD;
            self.bus.online();
        }
        Ok(())
    }

    /// Returns the packets for the broker.
    pub fn say(&mut self) -> Result<BytesMut, String> {
        let Some(link) = &mut self.link else { return Ok(BytesMut::new()) };
        if self.is_online {
            if self.now.instant >= self.holds_until {
                self.bus.protocol().outbox.release_raw();
            }
            let taken = exchange::take_work(link, &self.bus, self.now.instant);
            taken.map_err(|error| error.to_string())?;
        }
        Ok(link.out.split())
    }

    /// Handles the end of the connection.
    pub fn cut(&mut self) {
        self.input.clear();
        self.is_online = false;
        if let Some(mut link) = self.link.take() {
            self.bus.protocol().outbox.delivered(&link.take_delivered());
            self.bus.offline(link.undelivered(), true);
        }
    }

    /// Executes and returns all commands that are ready for the device.
    pub fn commands(&self) -> Vec<Command> {
        self.mailboxes.iter().flat_map(|mailbox| self.commands_of(mailbox)).collect()
    }

    fn commands_of(&self, mailbox: &Mailbox) -> Vec<Command> {
        let (mut guard, mut taken) = (mailbox.queue(), Vec::new());
        loop {
            match guard.next(self.now.instant) {
                Step::Command { .. } => {
                    if let Ok(Some(command)) = guard.take(self.now) {
                        guard.sent(command.json(), true, self.now.instant);
                        taken.push(command);
                    }
                }
                Step::Refuse(..) => {}
                Step::Failsafe(_) => guard.tried_failsafe(true, self.now.instant),
                Step::Wait(_) | Step::End => return taken,
            }
        }
    }

    /// Whether the connector is connected and subscribed.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.is_online
    }

    /// Returns the number of bytes that wait for the broker.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.bus.protocol().outbox.backlog().bytes
    }

    /// Returns the metrics, in the text format of Prometheus.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.bus.metrics.text(&self.bus.protocol().snapshot())
    }
}
