//! The protocol between a connector and the rest of BEMCom, as a state machine.
//!
//! Every event goes in here, and every publish and subscription comes out. There is no I/O and no
//! clock: what time it is comes with the event.

mod inbound;

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use serde_json::value::RawValue;

use crate::{
    bus::{
        known_sensor::KnownSensor,
        last_values::{past_value, publish_values},
        presence::{OFFLINE, ONLINE, Presence},
        registry::Registry,
        topics::Topics,
        wire::{self, Heartbeat, RawMessageToDb, RawPayload},
    },
    datapoint::{Actuator, Sensor},
    mqtt::codec::QoS,
    outbox::{LIMIT, MessageKind, Outbox, Publish},
    readings::FlatReadings,
    telemetry::{
        log::LogMessage,
        metrics::{Metrics, Snapshot},
    },
    time::Timestamp,
};

/// The most bytes of an example value for a broker that does not take large messages.
const SHORT_EXAMPLE: usize = 100;

/// What a connector publishes and subscribes to.
///
/// # Order of calls
///
/// [`new`](Self::new), then [`restore_map`](Self::restore_map) if a map was kept. For each connection:
/// [`last_will`](Self::last_will) for the CONNECT; [`map_topic`](Self::map_topic),
/// [`own_topics`](Self::own_topics) and [`actuator_topics`](Self::actuator_topics) for the subscriptions; once
/// those are confirmed, [`online`](Self::online); at its end, [`offline`](Self::offline). All other inputs may
/// come at any time, with a connection or without. [`leave`](Self::leave) comes last.
///
/// # Methods
///
/// - **Inputs** from the bus: [`message`](Self::message), [`online`](Self::online),
///   [`offline`](Self::offline). From the device: [`readings`](Self::readings),
///   [`past_readings`](Self::past_readings), [`raw_message`](Self::raw_message),
///   [`set_actuators`](Self::set_actuators). From the runtime: [`heartbeat`](Self::heartbeat),
///   [`log`](Self::log), [`restore_map`](Self::restore_map), [`leave`](Self::leave).
/// - **Outputs**: the [`outbox`](Self::outbox), which holds all that is to be published;
///   [`take_changes`](Self::take_changes), which topics to subscribe and unsubscribe; the command that
///   [`message`](Self::message) returns.
/// - **Getters**: [`is_online`](Self::is_online), [`received`](Self::received), [`selected`](Self::selected),
///   [`snapshot`](Self::snapshot), [`actuators`](Self::actuators), [`check`](Self::check),
///   [`map_json`](Self::map_json), and those of the topics.
#[derive(Debug)]
pub(crate) struct Protocol {
    pub(crate) topics: Topics,
    version: String,
    registry: Registry,
    pub(crate) outbox: Outbox,
    pub(crate) value_qos: QoS,
    pub(crate) metrics: Arc<Metrics>,
    presence: Presence,
    is_online: bool,
    is_leaving: bool,
    /// Whether something else may have been said since the last value of a sensor, or that was dropped.
    has_gaps: bool,
    received: Received,
    changes: Vec<Change>,
}

/// A change of what the broker should send us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Subscribe(String),
    Unsubscribe(String),
}

/// Counts datapoint maps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Received {
    /// Those that could be used.
    pub(crate) maps: u64,
    /// Those of them that selected something else than the one before.
    pub(crate) selections: u64,
}

impl Change {
    fn topic(&self) -> &str {
        match self {
            Self::Subscribe(topic) | Self::Unsubscribe(topic) => topic,
        }
    }
}

impl Protocol {
    pub(crate) fn new(
        name: &str,
        version: &str,
        sensors: Vec<Sensor>,
        actuators: Vec<Actuator>,
    ) -> Self {
        let topics = Topics::of(name);
        Self {
            presence: Presence::new(Arc::clone(&topics.heartbeat)),
            topics,
            version: version.to_owned(),
            registry: Registry::new(sensors, actuators),
            outbox: Outbox::new(LIMIT),
            value_qos: QoS::AtLeastOnce,
            metrics: Arc::new(Metrics::new(name, version)),
            is_online: false,
            is_leaving: false,
            has_gaps: false,
            received: Received::default(),
            changes: Vec::new(),
        }
    }

    /// The map's topic: the first to be subscribed, and needed for anything to work.
    pub(crate) fn map_topic(&self) -> &str {
        &self.topics.datapoint_map
    }

    /// Our own topics: what others say there tells that we are not alone.
    pub(crate) fn own_topics(&self) -> [String; 2] {
        [self.topics.status.to_string(), self.topics.heartbeat.to_string()]
    }

    /// What the broker is to say when the connection breaks: topic, payload.
    pub(crate) fn last_will(&self) -> (&str, &'static str) {
        (&self.topics.status, OFFLINE)
    }

    /// The topics that a new link has to subscribe beside these.
    pub(crate) fn actuator_topics(&mut self) -> Vec<String> {
        self.changes.clear();
        self.registry.map().actuator.keys().cloned().collect()
    }

    /// What to subscribe and unsubscribe since this was last asked. Of several maps the last one
    /// counts, so each topic is in here once.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        let mut topics = HashSet::new();
        let mut changes = std::mem::take(&mut self.changes);
        changes.reverse();
        changes.retain(|change| topics.insert(change.topic().to_owned()));
        changes.reverse();
        changes
    }

    pub(crate) fn is_online(&self) -> bool {
        self.is_online
    }

    /// How often the administrator was heard since the start.
    pub(crate) fn received(&self) -> Received {
        self.received
    }

    /// How many sensors and actuators are selected.
    pub(crate) fn selected(&self) -> (usize, usize) {
        let map = self.registry.map();
        (map.sensor.len(), map.actuator.len())
    }

    /// What can be told of it, to whom it may concern.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let (selected_sensors, selected_actuators) = self.selected();
        Snapshot {
            broker_is_connected: self.is_online,
            known_sensors: self.registry.sensors().len(),
            known_actuators: self.registry.actuators().len(),
            selected_sensors,
            selected_actuators,
            backlog: self.outbox.backlog(),
            ..Snapshot::default()
        }
    }

    /// A link is up and its subscriptions are confirmed. The broker may have lost everything that
    /// it retained, so all of it is said again.
    pub(crate) fn online(&mut self) {
        self.is_online = true;
        self.metrics.connections.inc();
        self.tell_dropped();
        self.outbox.hold_raw();
        self.say_last_values();
        let status = self.status(ONLINE);
        self.outbox.push_first(status);
        if let Some(announcement) = self.announcement() {
            self.outbox.push_first(announcement);
        }
    }

    /// Says the last value of each sensor, unless one to be retained waits for its topic already.
    fn say_last_values(&mut self) {
        self.has_gaps = false;
        self.registry.forget_what_was_said();
        let to_be_retained = self.outbox.waiting().filter(|publish| publish.retain);
        let queued: HashSet<Arc<str>> =
            to_be_retained.map(|publish| Arc::clone(&publish.topic)).collect();
        let is_queued =
            |sensor: &&KnownSensor| sensor.topic.as_ref().is_some_and(|t| queued.contains(t));
        let silent = self.registry.sensors().iter().filter(|sensor| !is_queued(sensor));
        let count = publish_values(&mut self.outbox, silent, self.value_qos);
        self.metrics.values.inc_by(count);
    }

    /// The connector leaves: the last thing to be said.
    pub(crate) fn leave(&mut self) {
        self.is_leaving = true;
        let status = self.status(OFFLINE);
        self.outbox.push(status);
    }

    fn status(&self, status: &'static str) -> Publish {
        let (topic, payload) = (Arc::clone(&self.topics.status), status.into());
        Publish {
            topic,
            payload,
            qos: QoS::AtLeastOnce,
            retain: true,
            kind: MessageKind::Passing,
            seq: 0,
        }
    }

    /// The link is gone; what it did not deliver comes back, in order. Only a broker that closes it
    /// (`is_closed`) may mean that it does not bear a message; one that is silent may be far away.
    pub(crate) fn offline(&mut self, undelivered: impl Iterator<Item = Publish>, is_closed: bool) {
        let mut undelivered: VecDeque<_> = undelivered.collect();
        if self.is_online
            && is_closed
            && self.outbox.poison.is_culprit(undelivered.front())
            && let Some(culprit) = undelivered.pop_front()
        {
            self.outbox.forget(&culprit);
            let Publish { topic, payload, .. } = culprit;
            self.metrics.dropped("refused", 1);
            tracing::error!(
                "the broker closes the connection on a message of {} bytes for `{topic}`, which is dropped: does it limit the size of packets?",
                payload.len()
            );
        }
        self.is_online = false;
        self.outbox.give_back(undelivered.into_iter());
    }

    /// A raw message as JSON text, before it is parsed.
    pub(crate) fn raw_message(&mut self, json: &str, timestamp: Timestamp) {
        let Ok(raw_message) = serde_json::from_str::<&RawValue>(json) else { return };
        let payload = wire::payload(&RawMessageToDb {
            payload: RawPayload { raw_message, timestamp },
            connector_version: &self.version,
        });
        let topic = Arc::clone(&self.topics.raw_message_to_db);
        let (qos, retain) = (QoS::ExactlyOnce, false);
        self.outbox.push(Publish { topic, payload, qos, retain, kind: MessageKind::Raw, seq: 0 });
    }

    /// The readings of one message: announced if a key is new, published where selected. True if a
    /// key is new.
    pub(crate) fn readings(&mut self, flat: &FlatReadings, received: Timestamp) -> bool {
        let timestamp = flat.timestamp().unwrap_or(received);
        let has_news = self.registry.update(flat, timestamp);
        if has_news {
            self.announce();
        }
        let count = publish_values(&mut self.outbox, self.registry.updated(), self.value_qos);
        self.metrics.values.inc_by(count);
        has_news
    }

    /// The readings of a message that was received at a time in the past. Those that are older than what
    /// is known go to who listens now, and the broker does not retain them. True if a key is new.
    pub(crate) fn past_readings(&mut self, flat: &FlatReadings, received: Timestamp) -> bool {
        let timestamp = flat.timestamp().unwrap_or(received);
        let (has_news, late) = self.registry.update_past(flat, timestamp);
        if has_news {
            self.announce();
        }
        let mut count = publish_values(&mut self.outbox, self.registry.updated(), self.value_qos);
        for (index, reading) in late {
            let Some(topic) = &self.registry.sensors()[index].topic else { continue };
            self.outbox.push(past_value(topic, reading.json, timestamp, self.value_qos));
            // Who keeps what came last shall end up with what is newest.
            self.has_gaps = true;
            count += 1;
        }
        self.metrics.values.inc_by(count);
        has_news
    }

    pub(crate) fn actuators(&self) -> &[Actuator] {
        self.registry.actuators()
    }

    /// The actuators that there are now: announced if they are others than before.
    pub(crate) fn set_actuators(&mut self, actuators: Vec<Actuator>) {
        if self.registry.set_actuators(actuators) {
            self.announce();
        }
    }

    fn announce(&mut self) {
        if self.is_online
            && let Some(announcement) = self.announcement()
        {
            self.outbox.push(announcement);
        }
    }

    pub(crate) fn log(&mut self, log: &LogMessage) {
        let topic = Arc::clone(&self.topics.logs);
        let (payload, qos, retain) = (wire::payload(log), QoS::AtLeastOnce, true);
        self.outbox.push(Publish { topic, payload, qos, retain, kind: MessageKind::Log, seq: 0 });
    }

    /// Says that the connector lives, and until when this can be believed.
    pub(crate) fn heartbeat(&mut self, now: Timestamp, interval: Duration) {
        self.tell_dropped();
        if self.is_online {
            if self.has_gaps && !self.outbox.is_crowded() {
                self.say_last_values();
            }
            let payload = wire::payload(&Heartbeat {
                this_heartbeats_timestamp: now,
                next_heartbeats_timestamp: now + interval,
            });
            let topic = Arc::clone(&self.topics.heartbeat);
            let (qos, retain) = (QoS::AtMostOnce, false);
            self.outbox.push(Publish {
                topic,
                payload,
                qos,
                retain,
                kind: MessageKind::Passing,
                seq: 0,
            });
            self.presence.said(now);
        }
    }

    /// All known datapoints, if there are any and the broker bears so many.
    fn announcement(&self) -> Option<Publish> {
        if self.registry.is_empty() {
            return None;
        }
        let topic = Arc::clone(&self.topics.available_datapoints);
        let mut payload = self.registry.announcement(usize::MAX);
        if !self.outbox.poison.allows_announcement(payload.len()) {
            payload = self.registry.announcement(SHORT_EXAMPLE);
        }
        if !self.outbox.poison.allows_announcement(payload.len()) {
            tracing::error!(
                "the datapoints are not announced: the broker does not bear {} bytes",
                payload.len()
            );
            return None;
        }
        let (payload, qos, retain) = (payload.into(), QoS::AtLeastOnce, true);
        Some(Publish { topic, payload, qos, retain, kind: MessageKind::Passing, seq: 0 })
    }

    fn tell_dropped(&mut self) {
        self.metrics.dropped("too_large", self.outbox.take_too_large());
        let dropped = self.outbox.take_dropped();
        if dropped > 0 {
            self.has_gaps = true;
            self.metrics.dropped("queue", dropped);
            tracing::error!("{dropped} messages are lost: the queue to the broker was full");
        }
    }
}

#[cfg(test)]
mod tests;
