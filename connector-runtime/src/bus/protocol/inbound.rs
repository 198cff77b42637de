//! Messages from the bus: datapoint maps, commands, and messages of others on the connector's own
//! topics.

use std::collections::HashMap;

use bytes::Bytes;

use crate::{
    bus::{
        map::DatapointMap,
        presence::{OFFLINE, ONLINE},
        protocol::{Change, Protocol},
        value_message,
    },
    command::{Arrival, Refusal},
    datapoint::Command,
    time::Timestamp,
};

/// The cost of a map in addition to its bytes.
const MAP_COST: usize = 4 << 10;

impl Protocol {
    /// Handles a message from the broker. Returns the command that it contains, if any, or the
    /// reason why the command is rejected or ignored.
    pub(crate) fn message(
        &mut self,
        topic: &str,
        payload: &[u8],
        is_retained: bool,
        now: Timestamp,
    ) -> Result<Option<Arrival>, (String, Refusal)> {
        if topic == &*self.topics.datapoint_map {
            self.offer_map(payload);
            return Ok(None);
        }
        if topic == &*self.topics.heartbeat {
            self.presence.received(payload);
            return Ok(None);
        }
        if topic == &*self.topics.status {
            self.correct_status(payload, is_retained);
            return Ok(None);
        }
        let Some(key) = self.registry.map().actuator.get(topic) else {
            tracing::debug!(
                "ignored a message on `{topic}`: the datapoint map does not contain this topic"
            );
            return Ok(None);
        };
        let arrival = self.command(key, payload, is_retained, now);
        arrival.map(Some).map_err(|refusal| (key.clone(), refusal))
    }

    /// Republishes the status after another connector of this name has left, or the broker has
    /// noticed an earlier disconnect late.
    fn correct_status(&mut self, payload: &[u8], is_retained: bool) {
        if payload == OFFLINE.as_bytes() && !is_retained && self.is_online && !self.is_leaving {
            let status = self.status(ONLINE);
            self.outbox.push_first(status);
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

    /// Returns an error if the device must not receive a command that has waited.
    pub(crate) fn check(&self, command: &Command) -> Result<(), Refusal> {
        let unknown = || Refusal::Unknown(command.key().to_owned());
        let actuator = self.registry.actuator(command.key()).ok_or_else(unknown)?;
        actuator.check(command).map_err(Refusal::Range)
    }

    /// Applies a map, or keeps it until the next one may be applied: only the last one counts.
    fn offer_map(&mut self, payload: &[u8]) {
        if self.maps.is_waiting() {
            self.metrics.map("superseded");
        }
        if self.maps.demand(|| Bytes::copy_from_slice(payload)) {
            self.new_map(payload);
        }
    }

    pub(super) fn new_map(&mut self, payload: &[u8]) {
        self.maps.spend(payload.len() + MAP_COST);
        match DatapointMap::parse(payload, &self.topics, self.registry.map_limits()) {
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
                    "rejected the datapoint_map, the previous one stays in force: {problem}"
                );
            }
        }
    }

    /// Applies the map of an earlier run until the broker sends the current one.
    pub(crate) fn restore_map(&mut self, payload: &[u8]) {
        match DatapointMap::parse(payload, &self.topics, self.registry.map_limits()) {
            // Commands need the current map, so only the sensors are restored.
            Ok((map, _)) => self.select(DatapointMap { actuator: HashMap::new(), ..map }),
            Err(problem) => {
                tracing::warn!("cannot use the stored datapoint map: {problem}");
            }
        }
    }

    /// Encodes the map in force as on the bus.
    pub(crate) fn map_json(&self) -> Vec<u8> {
        self.registry.map().to_json()
    }

    fn select(&mut self, map: DatapointMap) {
        if &map == self.registry.map() {
            tracing::debug!("received the same datapoint_map again");
            return;
        }
        self.received.selections += 1;
        let old = &self.registry.map().actuator;
        let gone = old.keys().filter(|topic| !map.actuator.contains_key(*topic));
        let new = map.actuator.keys().filter(|topic| !old.contains_key(*topic));
        self.changes.extend(gone.cloned().map(Change::Unsubscribe));
        self.changes.extend(new.cloned().map(Change::Subscribe));
        self.registry.select(map);
        self.refill();
    }
}
