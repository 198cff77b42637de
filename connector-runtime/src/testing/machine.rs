//! What a connector says and does, without sockets, clocks and tasks: for simulations, which decide
//! what comes when. It is no public API.

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

/// From one heartbeat to the next.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// A connector without its tasks. Its errors end the connection: then it is to be [cut](Self::cut).
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
    /// A connector that was just started, at this time in milliseconds. At most `limit` bytes of it
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

    /// Values are published at QoS 0 from now on.
    pub fn publish_values_unacknowledged(&self) {
        self.bus.update(|protocol| protocol.value_qos = codec::QoS::AtMostOnce);
    }

    /// Time goes by.
    pub fn elapse(&mut self, time: Duration) {
        self.now.instant += time;
        self.now.wall = self.now.wall + time;
    }

    /// Somebody sets the clock on the wall.
    pub fn set_clock(&mut self, millis: i64) {
        self.now.wall = Timestamp::from_millis(millis);
    }

    /// The device part hands readings over.
    pub fn readings(&self, readings: &impl Serialize) {
        let mut flat = FlatReadings::default();
        flat.serialize(readings).expect("a simulation has readings that can be flattened");
        self.bus.update(|protocol| protocol.readings(&flat, self.now.wall));
    }

    /// The device part hands a raw message over, as JSON.
    pub fn raw_message(&self, json: &str) {
        self.bus.update(|protocol| protocol.raw_message(json, self.now.wall));
    }

    /// It is time for a heartbeat.
    pub fn heartbeat(&self) {
        self.bus.update(|protocol| protocol.heartbeat(self.now.wall, HEARTBEAT));
    }

    /// The broker has accepted a new connection.
    pub fn connect(&mut self) -> Result<(), String> {
        let link = self.link.insert(Link::new(self.now.instant));
        exchange::subscribe(link, &self.bus, self.now.instant).map_err(|error| error.to_string())
    }

    /// Takes packets from the broker.
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

    /// What it has to say to the broker.
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

    /// The connection is gone.
    pub fn cut(&mut self) {
        self.input.clear();
        self.is_online = false;
        if let Some(mut link) = self.link.take() {
            self.bus.protocol().outbox.delivered(&link.take_delivered());
            self.bus.offline(link.undelivered(), true);
        }
    }

    /// The device takes all commands that it may have now.
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

    /// Whether it is connected and has subscribed.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.is_online
    }

    /// How many bytes wait for the broker.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.bus.protocol().outbox.backlog().bytes
    }

    /// What it counts, in the format of Prometheus.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.bus.metrics.text(&self.bus.protocol().snapshot())
    }
}
