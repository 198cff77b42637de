//! The protocol between a connector and the rest of BEMCom, as a state machine.
//!
//! Every event goes in here, and every publish and subscription comes out. There is no I/O and no
//! clock: what time it is comes with the event.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::BytesMut;
use serde_json::value::RawValue;

use crate::{
    bus::{
        map::DatapointMap,
        presence::{OFFLINE, ONLINE, Presence},
        registry::{Registry, Sensor},
        topics::Topics,
        wire::{self, Heartbeat, RawMessageToDb, RawPayload, ValueWriter},
    },
    command::{Arrival, Refusal},
    datapoint::{Actuator, Command},
    mqtt::codec::QoS,
    outbox::{Kind, LIMIT, Outbox, Publish},
    readings::FlatReadings,
    telemetry::{
        log::LogMessage,
        metrics::{Metrics, Snapshot},
    },
    time::Timestamp,
};

/// The most bytes of an example value for a broker that does not take large messages.
const SHORT_EXAMPLE: usize = 100;

/// Larger commands are refused.
const MAX_COMMAND: usize = 1 << 20;

/// What a connector says and what it listens to.
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
        sensors: Vec<crate::datapoint::Sensor>,
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
            |sensor: &&Sensor| sensor.topic.as_ref().is_some_and(|t| queued.contains(t));
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
        Publish { topic, payload, qos: QoS::AtLeastOnce, retain: true, kind: Kind::Passing, seq: 0 }
    }

    /// The link is gone; what it did not deliver comes back, in order. Only a broker that closes it
    /// (`is_closed`) may mean that it does not bear a message; one that is silent may be far away.
    pub(crate) fn offline(&mut self, undelivered: impl Iterator<Item = Publish>, is_closed: bool) {
        let mut undelivered: VecDeque<_> = undelivered.collect();
        if self.is_online
            && is_closed
            && self.outbox.quarantine.is_culprit(undelivered.front())
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
        self.outbox.push(Publish { topic, payload, qos, retain, kind: Kind::Raw, seq: 0 });
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
            let mut payload = BytesMut::new();
            ValueWriter::default().write(&mut payload, reading.json, timestamp);
            let (topic, payload, qos) = (Arc::clone(topic), payload.freeze(), self.value_qos);
            self.outbox.push(Publish {
                topic,
                payload,
                qos,
                retain: false,
                kind: Kind::Value,
                seq: 0,
            });
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
        self.outbox.push(Publish { topic, payload, qos, retain, kind: Kind::Log, seq: 0 });
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
            self.outbox.push(Publish { topic, payload, qos, retain, kind: Kind::Passing, seq: 0 });
            self.presence.said(now);
        }
    }

    /// A message from the broker; gives the command that it is, if it is one. An error is what is wrong
    /// with the command for this actuator.
    pub(crate) fn message(
        &mut self,
        topic: &str,
        payload: &[u8],
        is_retained: bool,
        now: Timestamp,
    ) -> Result<Option<Arrival>, (String, Refusal)> {
        if topic == &*self.topics.datapoint_map {
            self.new_map(payload);
            return Ok(None);
        }
        if topic == &*self.topics.heartbeat {
            self.presence.heard(payload);
            return Ok(None);
        }
        if topic == &*self.topics.status {
            self.contradict(payload, is_retained);
            return Ok(None);
        }
        let Some(key) = self.registry.map().actuator.get(topic) else {
            tracing::debug!(
                "a message on `{topic}`, which the datapoint map does not name (any more), is ignored"
            );
            return Ok(None);
        };
        let arrival = self.command(key, payload, is_retained, now);
        arrival.map(Some).map_err(|refusal| (key.clone(), refusal))
    }

    /// Another connector of our name has left, or the broker has noticed late that we were gone.
    fn contradict(&mut self, payload: &[u8], is_retained: bool) {
        if payload == OFFLINE.as_bytes() && !is_retained && self.is_online && !self.is_leaving {
            let status = self.status(ONLINE);
            self.outbox.push(status);
        }
    }

    fn command(
        &self,
        key: &str,
        payload: &[u8],
        is_retained: bool,
        now: Timestamp,
    ) -> Result<Arrival, Refusal> {
        let actuator = self.registry.actuator(key);
        if is_retained && !actuator.is_some_and(|actuator| actuator.rules().accepts_retained) {
            return Err(Refusal::Retained);
        }
        let (value, timestamp) = decode_value_message(payload).map_err(Refusal::Unreadable)?;
        let actuator = actuator.ok_or_else(|| Refusal::Unknown(key.to_owned()))?;
        let command = Command::new(key, value, timestamp.unwrap_or(now));
        actuator.check(&command).map_err(Refusal::Range)?;
        Ok(Arrival { command, is_timed: timestamp.is_some(), is_retained })
    }

    /// Whether the device may still see a command that has waited.
    pub(crate) fn check(&self, command: &Command) -> Result<(), Refusal> {
        let unknown = || Refusal::Unknown(command.key().to_owned());
        let actuator = self.registry.actuator(command.key()).ok_or_else(unknown)?;
        actuator.check(command).map_err(Refusal::Range)
    }

    fn new_map(&mut self, payload: &[u8]) {
        match DatapointMap::parse(payload, &self.topics) {
            Ok((map, refused)) => {
                self.received.maps += 1;
                self.metrics.map("used");
                self.metrics.map_entries_refused.inc_by(refused.count() as u64);
                if let Some(refused) = refused.summary() {
                    tracing::warn!("datapoint_map: {refused}");
                }
                self.select(map);
            }
            Err(problem) => {
                self.metrics.map("refused");
                tracing::error!(
                    "the datapoint_map is refused, the one before stays in force: {problem}"
                );
            }
        }
    }

    /// Puts the map of an earlier run in force, until the broker has said which one it is now.
    pub(crate) fn restore_map(&mut self, payload: &[u8]) {
        match DatapointMap::parse(payload, &self.topics) {
            // What the device may be told is for the broker to say.
            Ok((map, _)) => self.select(DatapointMap { actuator: HashMap::new(), ..map }),
            Err(problem) => {
                tracing::warn!("the datapoint map that was kept is of no use: {problem}");
            }
        }
    }

    /// The map in force, as it would come over the bus.
    pub(crate) fn map_json(&self) -> Vec<u8> {
        self.registry.map().to_json()
    }

    fn select(&mut self, map: DatapointMap) {
        if &map == self.registry.map() {
            tracing::debug!("the same datapoint_map again");
            return;
        }
        self.received.selections += 1;
        let old = &self.registry.map().actuator;
        let gone = old.keys().filter(|topic| !map.actuator.contains_key(*topic));
        let new = map.actuator.keys().filter(|topic| !old.contains_key(*topic));
        self.changes.extend(gone.cloned().map(Change::Unsubscribe));
        self.changes.extend(new.cloned().map(Change::Subscribe));
        let selected = self.registry.select(map);
        let sensors = self.registry.sensors();
        let selected = selected.iter().map(|&index| &sensors[index]);
        let count = publish_values(&mut self.outbox, selected, self.value_qos);
        self.metrics.values.inc_by(count);
    }

    /// All known datapoints, if there are any and the broker bears so many.
    fn announcement(&self) -> Option<Publish> {
        if self.registry.is_empty() {
            return None;
        }
        let topic = Arc::clone(&self.topics.available_datapoints);
        let mut payload = self.registry.announcement(usize::MAX);
        if !self.outbox.quarantine.allows_announcement(payload.len()) {
            payload = self.registry.announcement(SHORT_EXAMPLE);
        }
        if !self.outbox.quarantine.allows_announcement(payload.len()) {
            tracing::error!(
                "the datapoints are not announced: the broker does not bear {} bytes",
                payload.len()
            );
            return None;
        }
        let (payload, qos, retain) = (payload.into(), QoS::AtLeastOnce, true);
        Some(Publish { topic, payload, qos, retain, kind: Kind::Passing, seq: 0 })
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

/// Publishes the last values of those sensors that are selected and have one; gives their number.
fn publish_values<'a>(
    outbox: &mut Outbox,
    sensors: impl Iterator<Item = &'a Sensor> + Clone,
    qos: QoS,
) -> u64 {
    let mut to_say = sensors
        .filter_map(|sensor| Some((sensor, sensor.topic.as_ref()?, sensor.timestamp?)))
        .peekable();
    let (mut writer, mut count) = (ValueWriter::default(), 0);
    if qos == QoS::AtMostOnce {
        let mut goes_at_once = |(sensor, topic, timestamp): &(&Sensor, &Arc<str>, Timestamp)| {
            outbox.push_packet(topic, &writer.parts(&sensor.json, *timestamp))
        };
        while let Some((sensor, ..)) = to_say.next_if(&mut goes_at_once) {
            sensor.is_said();
            count += 1;
        }
    }
    // All payloads lie in one allocation.
    let bytes = to_say.clone().map(|(sensor, ..)| sensor.json.len() + wire::VALUE_FRAME).sum();
    let mut buffer = BytesMut::with_capacity(bytes);
    for (sensor, topic, timestamp) in to_say {
        writer.write(&mut buffer, &sensor.json, timestamp);
        sensor.is_said();
        let (topic, payload) = (Arc::clone(topic), buffer.split().freeze());
        outbox.push(Publish { topic, payload, qos, retain: true, kind: Kind::Value, seq: 0 });
        count += 1;
    }
    count
}

/// The value and, if there is one, the timestamp of a value message.
fn decode_value_message(
    payload: &[u8],
) -> crate::error::Result<(Box<RawValue>, Option<Timestamp>)> {
    anyhow::ensure!(
        payload.len() <= MAX_COMMAND,
        "it has {} bytes, more than the {MAX_COMMAND} that are allowed",
        payload.len()
    );
    let text = str::from_utf8(payload)?.trim_start_matches('\u{feff}');
    let mut members: HashMap<String, Box<RawValue>> =
        serde_json::from_str(text).map_err(|error| {
            anyhow::anyhow!(
                "it is not an object like {{\"value\": .., \"timestamp\": ..}}: {error}"
            )
        })?;
    let Some(value) = members.remove("value") else { anyhow::bail!("it has no `value`") };
    let timestamp = match members.get("timestamp").map(|json| json.get()) {
        None | Some("null") => None,
        Some(json) => Some(Timestamp::from_json(json)?),
    };
    Ok((value, timestamp))
}

#[cfg(test)]
mod tests;
