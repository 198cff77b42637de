//! BEMCom's protocol between a connector and the other programs of the bus, as a state machine.
//!
//! Every event is an input, every publish and subscription an output. It has neither I/O nor a
//! clock: the caller passes the current time.

mod inbound;
mod paced;

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    bus::{
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
        counted,
        log::LogMessage,
        metrics::{Metrics, Snapshot},
    },
    time::{Paced, Timestamp},
};

/// The bytes of announcements: at most one per second in the long run, and fewer of large ones.
const ANNOUNCEMENTS: Paced<()> = Paced::new(4 << 20, 1 << 20);

/// The bytes of datapoint maps: in the long run, applying them takes less than a tenth of a core.
const MAPS: Paced<Bytes> = Paced::new(1 << 20, 4 << 20);

/// The messages and subscriptions of a connector.
///
/// # Order of calls
///
/// [`new`](Self::new), then [`restore_map`](Self::restore_map) if a map was stored. For each
/// connection: [`last_will`](Self::last_will) for the CONNECT; [`map_topic`](Self::map_topic),
/// [`own_topics`](Self::own_topics) and [`actuator_topics`](Self::actuator_topics) for the
/// subscriptions; [`online`](Self::online) once those are confirmed; [`offline`](Self::offline) at
/// its end. While connected, [`proceed`](Self::proceed) is called after each input, and at
/// [`due_at`](Self::due_at). All other inputs may be called at any time, with or without a connection.
/// [`leave`](Self::leave) comes last.
///
/// # Methods
///
/// - **Inputs** from the bus: [`message`](Self::message), [`online`](Self::online),
///   [`offline`](Self::offline). From the device: [`readings`](Self::readings),
///   [`past_readings`](Self::past_readings), [`raw_message`](Self::raw_message),
///   [`set_actuators`](Self::set_actuators). From the runtime: [`heartbeat`](Self::heartbeat),
///   [`log`](Self::log), [`restore_map`](Self::restore_map), [`leave`](Self::leave),
///   [`proceed`](Self::proceed).
/// - **Outputs**: the [`outbox`](Self::outbox), with all messages to publish;
///   [`take_changes`](Self::take_changes), the topics to subscribe and unsubscribe; the command
///   that [`message`](Self::message) returns.
/// - **Getters**: [`is_online`](Self::is_online), [`received`](Self::received),
///   [`selected`](Self::selected), [`due_at`](Self::due_at), [`snapshot`](Self::snapshot), [`actuators`](Self::actuators),
///   [`check`](Self::check), [`map_json`](Self::map_json), and the topics.
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
    /// Whether the last message on some topic may not be its sensor's last value, as a value was
    /// dropped or an older one followed.
    has_gaps: bool,
    received: Received,
    changes: Vec<Change>,
    maps: Paced<Bytes>,
    announcements: Paced<()>,
}

/// A change of the subscriptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Subscribe(String),
    Unsubscribe(String),
}

/// Counts datapoint maps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Received {
    /// The valid ones.
    pub(crate) maps: u64,
    /// Those of them that differ from the previous one.
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
            maps: MAPS,
            announcements: ANNOUNCEMENTS,
        }
    }

    /// Sets the maximum number of sensors.
    pub(crate) fn limit_sensors(&mut self, max_sensors: usize) {
        self.registry.max_sensors = max_sensors;
    }

    /// Returns the map's topic: it is subscribed first, and nothing works without it.
    pub(crate) fn map_topic(&self) -> &str {
        &self.topics.datapoint_map
    }

    /// Returns the connector's own topics, on which messages of others reveal a second connector
    /// with this name.
    pub(crate) fn own_topics(&self) -> [String; 2] {
        [self.topics.status.to_string(), self.topics.heartbeat.to_string()]
    }

    /// Returns the last will, which the broker publishes if the connection breaks: topic, payload.
    pub(crate) fn last_will(&self) -> (&str, &'static str) {
        (&self.topics.status, OFFLINE)
    }

    /// Returns the topics of the selected actuators, for a new link to subscribe.
    pub(crate) fn actuator_topics(&mut self) -> Vec<String> {
        self.changes.clear();
        self.registry.map().actuator.keys().cloned().collect()
    }

    /// Returns the changes of subscriptions since the last call. Of several maps the last one
    /// counts, so each topic occurs once.
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

    /// Returns how many maps have arrived since the start.
    pub(crate) fn received(&self) -> Received {
        self.received
    }

    /// Returns the numbers of selected sensors and actuators.
    pub(crate) fn selected(&self) -> (usize, usize) {
        let map = self.registry.map();
        (map.sensor.len(), map.actuator.len())
    }

    /// Returns the bus's part of the state, for the health endpoints.
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

    /// Reports a link whose subscriptions are confirmed. The broker may have lost all retained
    /// messages, so they are published again.
    pub(crate) fn online(&mut self) {
        self.is_online = true;
        self.metrics.connections.inc();
        self.report_dropped();
        self.outbox.hold_raw();
        self.publish_last_values();
        let status = self.status(ONLINE);
        self.outbox.push_first(status);
        if let Some(announcement) = self.announcement() {
            self.outbox.push_first(announcement);
        }
    }

    /// Publishes the last message before the connector leaves.
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

    /// Reports the end of the link, and takes back the messages that it did not deliver, in order.
    /// Only a broker that closes the connection (`is_closed`) may disconnect because of a message;
    /// one that is silent may just be unreachable.
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
                "dropped a message of {} bytes for `{topic}`: the broker closes each connection on it; check its limit for the size of packets",
                payload.len()
            );
        }
        self.is_online = false;
        self.outbox.give_back(undelivered.into_iter());
    }

    /// Publishes a raw message, given as JSON text.
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

    /// Publishes the readings of one message where selected, and the announcement if a key is new.
    /// Returns true in that case.
    pub(crate) fn readings(&mut self, flat: &FlatReadings, received: Timestamp) -> bool {
        let timestamp = flat.timestamp().unwrap_or(received);
        let has_new_sensor = self.registry.update(flat, timestamp);
        if has_new_sensor {
            self.announce();
        }
        let count = publish_values(&mut self.outbox, self.registry.updated(), self.value_qos);
        self.metrics.values.inc_by(count);
        self.registry.forget_excess_values();
        has_new_sensor
    }

    /// Like [`readings`](Self::readings), for a message that was received in the past. Values older
    /// than the known ones are published without being retained.
    pub(crate) fn past_readings(&mut self, flat: &FlatReadings, received: Timestamp) -> bool {
        let timestamp = flat.timestamp().unwrap_or(received);
        let (has_new_sensor, late) = self.registry.update_past(flat, timestamp);
        if has_new_sensor {
            self.announce();
        }
        let mut count = publish_values(&mut self.outbox, self.registry.updated(), self.value_qos);
        for (index, reading) in late {
            let Some(topic) = &self.registry.sensors()[index].topic else { continue };
            self.outbox.push(past_value(topic, reading.json, timestamp, self.value_qos));
            // Subscribers that keep the last message must end up with the newest value.
            self.has_gaps = true;
            count += 1;
        }
        self.metrics.values.inc_by(count);
        self.registry.forget_excess_values();
        has_new_sensor
    }

    pub(crate) fn actuators(&self) -> &[Actuator] {
        self.registry.actuators()
    }

    /// Replaces the actuators, and announces them if the announcement changes.
    pub(crate) fn set_actuators(&mut self, actuators: Vec<Actuator>) {
        if self.registry.set_actuators(actuators) {
            self.announce();
        }
    }

    pub(crate) fn log(&mut self, log: &LogMessage) {
        let topic = Arc::clone(&self.topics.logs);
        let (payload, qos, retain) = (wire::payload(log), QoS::AtLeastOnce, true);
        self.outbox.push(Publish { topic, payload, qos, retain, kind: MessageKind::Log, seq: 0 });
    }

    /// Publishes a heartbeat, which states when the next one is due.
    pub(crate) fn heartbeat(&mut self, now: Timestamp, interval: Duration) {
        self.report_dropped();
        if self.is_online {
            if self.has_gaps && !self.outbox.is_crowded() {
                self.publish_last_values();
            }
            let payload = wire::payload(&Heartbeat {
                this_heartbeats_timestamp: now,
                next_heartbeats_timestamp: now + interval,
            });
            let topic = Arc::clone(&self.topics.heartbeat);
            let (qos, retain) = (QoS::AtMostOnce, false);
            // It must not wait for the values before it, as the next one replaces it.
            self.outbox.push_first(Publish {
                topic,
                payload,
                qos,
                retain,
                kind: MessageKind::Passing,
                seq: 0,
            });
            self.presence.sent(now);
        }
    }

    fn report_dropped(&mut self) {
        self.metrics.dropped("too_large", self.outbox.take_too_large());
        let dropped = self.outbox.take_dropped();
        if dropped > 0 {
            self.has_gaps = true;
            self.metrics.dropped("queue", dropped);
            tracing::error!("dropped {}: the outbox was full", counted(dropped, "message"));
        }
        let lost = self.outbox.take_lost_on_disk();
        if lost > 0 {
            self.has_gaps = true;
            self.metrics.dropped("disk", lost);
            tracing::error!(
                "dropped {} that waited on disk only: the spool no longer contains them, because its file was damaged, removed or replaced",
                counted(lost, "message")
            );
        }
        let excess = self.registry.take_excess();
        if excess > 0 {
            self.metrics.dropped("too_many_sensors", excess);
            tracing::error!(
                "dropped {} with new keys, as {} sensors are known: check whether keys contain changing numbers or times, or raise MAX_SENSORS",
                counted(excess, "reading"),
                self.registry.sensors().len()
            );
        }
    }
}

#[cfg(test)]
mod tests;
