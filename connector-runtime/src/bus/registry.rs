//! The known datapoints, their selection, and their last values.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::{
    bus::{known_sensor::KnownSensor, map::DatapointMap, map_reader::MapLimits},
    datapoint::{Actuator, Sensor},
    readings::{FlatReadings, Reading},
    time::Timestamp,
};

/// From this number of sensors on, the keys are probably wrong.
const MANY: usize = 10_000;

/// The maximum number of bytes of all their keys.
const MAX_KEYS: usize = 8 << 20;

/// The maximum number of bytes of all last values. Further values are published, but not kept.
const MAX_VALUES: usize = 16 << 20;

/// The buffer of a last value is at most this many bytes larger than the value.
const SPARE: usize = 1 << 10;

/// The approximate cost of a value in the outbox in addition to its JSON text.
const VALUE_COST: usize = 256;

/// The known datapoints of a connector.
#[derive(Debug)]
pub(crate) struct Registry {
    /// The maximum number of sensors.
    pub(crate) max_sensors: usize,
    actuators: Vec<Actuator>,
    sensors: Vec<KnownSensor>,
    by_key: HashMap<Arc<str>, usize>,
    /// The number of bytes of all keys, and of all last values.
    key_bytes: usize,
    value_bytes: usize,
    map: DatapointMap,
    /// The first sensor that may have an unpublished last value, if any has.
    unpublished: Option<usize>,
    /// The number of readings that were dropped because their sensors would be too many.
    excess: u64,
    logged_excess_values: bool,
    /// The number of messages, to detect a key that occurs twice in one.
    message: u64,
    /// The sensors of the current message, in its order.
    touched: Vec<usize>,
}

impl Registry {
    pub(crate) fn new(sensors: Vec<Sensor>, actuators: Vec<Actuator>) -> Self {
        let mut registry = Self {
            max_sensors: usize::MAX,
            actuators,
            sensors: Vec::new(),
            by_key: HashMap::new(),
            key_bytes: 0,
            value_bytes: 0,
            map: DatapointMap::default(),
            unpublished: None,
            excess: 0,
            logged_excess_values: false,
            message: 0,
            touched: Vec::new(),
        };
        for sensor in sensors {
            registry.declare(&sensor);
        }
        registry
    }

    fn declare(&mut self, sensor: &Sensor) {
        if self.by_key.contains_key(&*sensor.key) {
            tracing::warn!(
                "two sensors have the key `{}`: only the first declaration is used",
                sensor.key
            );
            return;
        }
        let index = self.add(&sensor.key);
        let example = sensor.announced().to_string().into_bytes();
        self.value_bytes += example.len();
        self.sensors[index].json = example;
    }

    /// Updates the sensors with the readings of a message; true if a key is new.
    pub(crate) fn update(&mut self, flat: &FlatReadings, timestamp: Timestamp) -> bool {
        let known = self.sensors.len();
        self.message += 1;
        self.touched.clear();
        let mut previous = None;
        for reading in flat.readings() {
            let Some(index) = self.find_or_add(previous, &reading) else { continue };
            previous = Some(index);
            self.set(index, &reading, timestamp);
        }
        let now = self.sensors.len();
        if known < MANY && now >= MANY {
            tracing::warn!(
                "{now} sensors are known: check whether their keys contain changing numbers or times"
            );
        }
        now > known
    }

    /// Updates the sensors with the readings of a past message. A sensor with a newer value keeps
    /// it: such readings are returned, in the order of the sensors. True if a key is new.
    pub(crate) fn update_past<'a>(
        &mut self,
        flat: &'a FlatReadings,
        timestamp: Timestamp,
    ) -> (bool, BTreeMap<usize, Reading<'a>>) {
        let known = self.sensors.len();
        self.message += 1;
        self.touched.clear();
        let mut late = BTreeMap::<usize, Reading<'_>>::new();
        for reading in flat.readings() {
            let Some(index) = self.find_or_add(None, &reading) else { continue };
            if self.sensors[index].timestamp.is_none_or(|newest| newest <= timestamp) {
                self.set(index, &reading, timestamp);
            } else if late.get(&index).is_none_or(|other| other.depth <= reading.depth) {
                late.insert(index, reading);
            }
        }
        (self.sensors.len() > known, late)
    }

    /// Returns the sensors of the last message, in its order.
    pub(crate) fn updated(&self) -> impl Iterator<Item = &KnownSensor> + Clone {
        self.touched.iter().map(|&index| &self.sensors[index])
    }

    /// Returns the sensor of a reading, unless it is new and there are too many.
    fn find_or_add(&mut self, previous: Option<usize>, reading: &Reading<'_>) -> Option<usize> {
        let expected = previous.map_or(0, |previous| self.sensors[previous].next);
        if self.sensors.get(expected).is_some_and(|sensor| &*sensor.key == reading.key) {
            return Some(expected);
        }
        let index = match self.by_key.get(reading.key) {
            Some(&index) => index,
            None if self.is_full_for(reading.key) => {
                self.excess += 1;
                return None;
            }
            None => self.add(reading.key),
        };
        if let Some(previous) = previous {
            self.sensors[previous].next = index;
        }
        Some(index)
    }

    fn is_full_for(&self, key: &str) -> bool {
        // Whoever made up too many keys must not lock out those that the administrator has selected.
        if self.map.sensor.contains_key(key) {
            return false;
        }
        self.sensors.len() >= self.max_sensors || self.key_bytes + key.len() > MAX_KEYS
    }

    /// Returns the number of readings dropped since the last call because their sensors would be too
    /// many.
    pub(crate) fn take_excess(&mut self) -> u64 {
        std::mem::take(&mut self.excess)
    }

    fn add(&mut self, key: &str) -> usize {
        let index = self.sensors.len();
        let topic = self.map.sensor.get(key).cloned();
        let key: Arc<str> = key.into();
        self.key_bytes += key.len();
        self.by_key.insert(Arc::clone(&key), index);
        self.sensors.push(KnownSensor::new(key, topic, index + 1));
        index
    }

    fn set(&mut self, index: usize, reading: &Reading<'_>, timestamp: Timestamp) {
        let sensor = &mut self.sensors[index];
        if sensor.message == self.message {
            sensor.log_collision();
            if reading.depth < sensor.depth {
                return;
            }
        } else {
            self.touched.push(index);
        }
        if reading.non_finite {
            sensor.log_non_finite();
        }
        sensor.message = self.message;
        sensor.depth = reading.depth;
        sensor.timestamp = Some(timestamp);
        self.value_bytes = self.value_bytes - sensor.json.len() + reading.json.len();
        sensor.json.clear();
        sensor.json.shrink_to(reading.json.len() + SPARE);
        sensor.json.extend_from_slice(reading.json);
    }

    /// Forgets the values of the last message again if all last values together are too large.
    pub(crate) fn forget_excess_values(&mut self) {
        if self.value_bytes > MAX_VALUES {
            if !std::mem::replace(&mut self.logged_excess_values, true) {
                tracing::warn!(
                    "the last values of all sensors have more than {MAX_VALUES} bytes: some are published once, but not again after a reconnect"
                );
            }
            for &index in &self.touched {
                self.value_bytes -= self.sensors[index].forget_value();
            }
        }
    }

    /// Applies a map.
    pub(crate) fn select(&mut self, map: DatapointMap) {
        self.map = map;
        let mut taken = HashSet::new();
        for sensor in &mut self.sensors {
            taken.extend(sensor.select(self.map.sensor.get(&*sensor.key)));
        }
        for sensor in &mut self.sensors {
            sensor.forget_taken_topic(&taken);
        }
        self.unpublished = Some(0);
    }

    /// Assumes that no value is retained any more, except on topics for which one is queued.
    pub(crate) fn forget_published(&mut self, queued: &HashSet<Arc<str>>) {
        for sensor in &self.sensors {
            if !sensor.topic.as_ref().is_some_and(|topic| queued.contains(topic)) {
                sensor.published.set(None);
            }
        }
        self.unpublished = Some(0);
    }

    /// Returns the next sensors whose last value is not yet published on their topic: about `bytes` of
    /// values, but at least one. None if all are published.
    pub(crate) fn next_unpublished(
        &mut self,
        bytes: usize,
    ) -> Option<impl Iterator<Item = &KnownSensor> + Clone> {
        let first = self.unpublished?;
        let mut room = bytes;
        let mut sensors = self.sensors.iter().enumerate().skip(first);
        let next = sensors.find_map(|(index, sensor)| {
            if sensor.is_unpublished() {
                if room == 0 {
                    return Some(index);
                }
                room = room.saturating_sub(sensor.json.len() + VALUE_COST);
            }
            None
        });
        self.unpublished = next;
        let sensors = &self.sensors[first..next.unwrap_or(self.sensors.len())];
        Some(sensors.iter().filter(|sensor| sensor.is_unpublished()))
    }

    /// Returns the limits of maps.
    pub(crate) fn map_limits(&self) -> MapLimits {
        MapLimits::of(self.max_sensors)
    }

    pub(crate) fn map(&self) -> &DatapointMap {
        &self.map
    }

    pub(crate) fn sensors(&self) -> &[KnownSensor] {
        &self.sensors
    }

    /// Replaces the actuators; true if the announcement changes, which does not contain the rules
    /// for commands.
    pub(crate) fn set_actuators(&mut self, mut actuators: Vec<Actuator>) -> bool {
        let mut keys = HashSet::new();
        actuators.retain(|actuator| {
            let is_first = keys.insert(actuator.key.to_string());
            if !is_first {
                tracing::error!(
                    "two actuators have the key `{}`: only the first is used",
                    actuator.key
                );
            }
            let faults = actuator.faults();
            for fault in &faults {
                tracing::error!("rejected an actuator: {fault}");
            }
            is_first && faults.is_empty()
        });
        let is_same = actuators.len() == self.actuators.len()
            && actuators.iter().zip(&self.actuators).all(|(new, old)| new.is_announced_as(old));
        self.actuators = actuators;
        !is_same
    }

    pub(crate) fn actuators(&self) -> &[Actuator] {
        &self.actuators
    }

    pub(crate) fn actuator(&self, key: &str) -> Option<&Actuator> {
        self.actuators.iter().find(|actuator| actuator.key == key)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sensors.is_empty() && self.actuators.is_empty()
    }

    /// Returns how long an example may be so that all together have at most about `bytes`.
    pub(crate) fn longest_example(&self, bytes: usize) -> usize {
        if self.value_bytes <= bytes {
            return usize::MAX;
        }
        let sum = |longest: usize| -> usize {
            let lengths = self.sensors.iter().map(|sensor| sensor.json.len());
            lengths.filter(|length| *length <= longest).sum()
        };
        let shorter = std::iter::successors(Some(1 << 10), |longest| Some(longest / 4));
        shorter.take(5).find(|longest| sum(*longest) <= bytes).unwrap_or(0)
    }

    /// Returns the message for `{name}/available_datapoints`: all datapoints that were declared or
    /// have occurred, with the newest values as examples, or null for those longer than `longest`
    /// bytes.
    pub(crate) fn announcement(&self, longest: usize) -> Vec<u8> {
        let mut json = br#"{"sensor":"#.to_vec();
        let sensors = self.sensors.iter().map(|KnownSensor { key, json, .. }| {
            (&**key, if json.len() <= longest { raw(json) } else { RawValue::NULL })
        });
        write_map(&mut json, sensors);
        json.extend_from_slice(br#","actuator":"#);
        write_map(&mut json, self.actuators.iter().map(|a| (&*a.key, a.announced())));
        json.push(b'}');
        json
    }
}

fn raw(json: &[u8]) -> &RawValue {
    serde_json::from_slice(json).unwrap_or(RawValue::NULL)
}

fn write_map<K: serde::Serialize, V: serde::Serialize>(
    json: &mut Vec<u8>,
    entries: impl Iterator<Item = (K, V)>,
) {
    let mut serializer = serde_json::Serializer::new(json);
    let written = serializer.serialize_map(None).and_then(|mut map| {
        for (key, value) in entries {
            map.serialize_entry(&key, &value)?;
        }
        map.end()
    });
    written.expect("text keys and JSON values always serialise");
}

#[cfg(test)]
mod tests;
