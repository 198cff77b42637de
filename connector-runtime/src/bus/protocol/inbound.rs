//! Messages from the bus: datapoint maps, commands, and what others say on our own topics.

use std::collections::HashMap;

use crate::{
    bus::{
        last_values::publish_values,
        map::DatapointMap,
        presence::{OFFLINE, ONLINE},
        protocol::{Change, Protocol},
        value_message,
    },
    command::{Arrival, Refusal},
    datapoint::Command,
    time::Timestamp,
};

impl Protocol {
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
        let (value, timestamp) = value_message::decode(payload).map_err(Refusal::Unreadable)?;
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
}
