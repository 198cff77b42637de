//! The datapoints: which are known, which of them are selected, and their last values.

use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::{
    bus::map::DatapointMap,
    datapoint::Actuator,
    readings::{FlatReadings, Reading},
    time::Timestamp,
};

/// With this many sensors the keys are probably not what they should be.
const MANY: usize = 10_000;

/// Everything known about the connector's datapoints.
#[derive(Debug)]
pub(crate) struct Registry {
    actuators: Vec<Actuator>,
    sensors: Vec<Sensor>,
    by_key: HashMap<Arc<str>, usize>,
    map: DatapointMap,
    /// Counts messages, to notice a key that comes twice in one.
    message: u64,
    /// The sensors of the message at hand, in its order.
    touched: Vec<usize>,
}

/// A known sensor datapoint.
#[derive(Debug)]
pub(crate) struct Sensor {
    key: Arc<str>,
    /// Its last value as JSON text, and when that was received. Before the first value: an example,
    /// which is never to be published as a value.
    pub(crate) json: Vec<u8>,
    pub(crate) timestamp: Option<Timestamp>,
    /// Where its values go, if it is selected.
    pub(crate) topic: Option<Arc<str>>,
    /// Where they went last, and of which message the last one is that is retained there. The time does
    /// not tell: two messages may have the same.
    home: Option<Arc<str>>,
    said: Cell<Option<u64>>,
    message: u64,
    depth: usize,
    /// Which sensor came after it in the last message: devices repeat themselves.
    next: usize,
    told_non_finite: bool,
    told_collision: bool,
}

impl Registry {
    pub(crate) fn new(sensors: Vec<crate::datapoint::Sensor>, actuators: Vec<Actuator>) -> Self {
        let mut registry = Self {
            actuators,
            sensors: Vec::new(),
            by_key: HashMap::new(),
            map: DatapointMap::default(),
            message: 0,
            touched: Vec::new(),
        };
        for sensor in sensors {
            registry.declare(&sensor);
        }
        registry
    }

    fn declare(&mut self, sensor: &crate::datapoint::Sensor) {
        if self.by_key.contains_key(&*sensor.key) {
            tracing::warn!("two sensors have the key `{}`: only one can be seen", sensor.key);
            return;
        }
        let index = self.add(&sensor.key);
        self.sensors[index].json = sensor.announced().to_string().into_bytes();
    }

    /// Takes the readings of a message; true if a key is new.
    pub(crate) fn update(&mut self, flat: &FlatReadings, timestamp: Timestamp) -> bool {
        let known = self.sensors.len();
        self.message += 1;
        self.touched.clear();
        let mut previous = None;
        for reading in flat.readings() {
            let index = self.find_or_add(previous, &reading);
            previous = Some(index);
            self.set(index, &reading, timestamp);
        }
        let now = self.sensors.len();
        if known < MANY && now >= MANY {
            tracing::warn!(
                "{now} sensor datapoints are known by now: do their keys contain numbers or times that change?"
            );
        }
        now > known
    }

    /// Takes the readings of a message of the past. A sensor that has a newer value keeps it: these
    /// readings are given back, in the order of the sensors. True if a key is new.
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
            let index = self.find_or_add(None, &reading);
            if self.sensors[index].timestamp.is_none_or(|newest| newest <= timestamp) {
                self.set(index, &reading, timestamp);
            } else if late.get(&index).is_none_or(|other| other.depth <= reading.depth) {
                late.insert(index, reading);
            }
        }
        (self.sensors.len() > known, late)
    }

    /// The sensors of the last message that are selected, in its order.
    pub(crate) fn updated(&self) -> impl Iterator<Item = &Sensor> + Clone {
        self.touched.iter().map(|&index| &self.sensors[index])
    }

    fn find_or_add(&mut self, previous: Option<usize>, reading: &Reading<'_>) -> usize {
        let expected = previous.map_or(0, |previous| self.sensors[previous].next);
        if self.sensors.get(expected).is_some_and(|sensor| &*sensor.key == reading.key) {
            return expected;
        }
        let index = match self.by_key.get(reading.key) {
            Some(&index) => index,
            None => self.add(reading.key),
        };
        if let Some(previous) = previous {
            self.sensors[previous].next = index;
        }
        index
    }

    fn add(&mut self, key: &str) -> usize {
        let index = self.sensors.len();
        let topic = self.map.sensor.get(key).cloned();
        let key: Arc<str> = key.into();
        self.by_key.insert(Arc::clone(&key), index);
        self.sensors.push(Sensor {
            key,
            json: Vec::new(),
            timestamp: None,
            home: topic.clone(),
            topic,
            said: Cell::new(None),
            message: 0,
            depth: 0,
            next: index + 1,
            told_non_finite: false,
            told_collision: false,
        });
        index
    }

    fn set(&mut self, index: usize, reading: &Reading<'_>, timestamp: Timestamp) {
        let sensor = &mut self.sensors[index];
        if sensor.message == self.message {
            sensor.tell_collision();
            if reading.depth < sensor.depth {
                return;
            }
        } else {
            self.touched.push(index);
        }
        if reading.non_finite {
            sensor.tell_non_finite();
        }
        sensor.message = self.message;
        sensor.depth = reading.depth;
        sensor.timestamp = Some(timestamp);
        sensor.json.clear();
        sensor.json.extend_from_slice(reading.json);
    }

    /// Puts another map in force. Gives the sensors that are selected now and whose last value is not
    /// on their topic.
    pub(crate) fn select(&mut self, map: DatapointMap) -> Vec<usize> {
        self.map = map;
        let mut changed = Vec::new();
        let mut taken = HashSet::new();
        for sensor in &mut self.sensors {
            taken.extend(sensor.select(self.map.sensor.get(&*sensor.key)));
        }
        for (index, sensor) in self.sensors.iter_mut().enumerate() {
            sensor.leave_home_to(&taken);
            if sensor.topic.is_some() && sensor.said.get() != Some(sensor.message) {
                changed.push(index);
            }
        }
        changed
    }

    /// Nothing that was said is retained any more, as far as we know.
    pub(crate) fn forget_what_was_said(&mut self) {
        self.sensors.iter_mut().for_each(|sensor| sensor.said.set(None));
    }

    pub(crate) fn map(&self) -> &DatapointMap {
        &self.map
    }

    pub(crate) fn sensors(&self) -> &[Sensor] {
        &self.sensors
    }

    /// Takes the actuators that there are now; true if others are announced than before. What they ask
    /// of commands is no part of that.
    pub(crate) fn set_actuators(&mut self, mut actuators: Vec<Actuator>) -> bool {
        let mut keys = HashSet::new();
        actuators.retain(|actuator| {
            let is_first = keys.insert(actuator.key.to_string());
            if !is_first {
                tracing::error!("there are two actuators with the key `{}`", actuator.key);
            }
            let faults = actuator.faults();
            for fault in &faults {
                tracing::error!("an actuator is left out: {fault}");
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

    /// The message for `{name}/available_datapoints`: all that was declared or ever seen, with
    /// the newest values as examples. For those of more bytes than `longest` it is null.
    pub(crate) fn announcement(&self, longest: usize) -> Vec<u8> {
        let mut json = br#"{"sensor":"#.to_vec();
        let sensors = self.sensors.iter().map(|Sensor { key, json, .. }| {
            (&**key, if json.len() <= longest { raw(json) } else { RawValue::NULL })
        });
        write_map(&mut json, sensors);
        json.extend_from_slice(br#","actuator":"#);
        write_map(&mut json, self.actuators.iter().map(|a| (&*a.key, a.announced())));
        json.push(b'}');
        json
    }
}

impl Sensor {
    /// Its last value goes to its topic now.
    pub(crate) fn is_said(&self) {
        self.said.set(Some(self.message));
    }

    /// Gives the topic, if it is another one than before.
    fn select(&mut self, topic: Option<&Arc<str>>) -> Option<Arc<str>> {
        if self.topic.as_ref() != topic {
            self.topic = topic.cloned();
        }
        if topic.is_none() || self.home.as_ref() == topic {
            return None;
        }
        self.home = topic.cloned();
        self.said.set(None);
        self.home.clone()
    }

    /// What was said on a topic that others have now is not retained there any more.
    fn leave_home_to(&mut self, taken: &HashSet<Arc<str>>) {
        if self.topic.is_none() && self.home.as_ref().is_some_and(|home| taken.contains(home)) {
            self.home = None;
            self.said.set(None);
        }
    }

    fn tell_collision(&mut self) {
        if !std::mem::replace(&mut self.told_collision, true) {
            tracing::warn!(
                "two readings of one message have the key `{}`: the one that is nested deeper is used, or else the later one",
                self.key
            );
        }
    }

    fn tell_non_finite(&mut self) {
        if !std::mem::replace(&mut self.told_non_finite, true) {
            tracing::warn!("`{}` is not a finite number: it is published as null", self.key);
        }
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
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn registry() -> Registry {
        Registry::new(Vec::new(), vec![Actuator::new("setpoint").example(21.0), Actuator::new("a")])
    }

    fn update(registry: &mut Registry, millis: i64, readings: &Value) -> bool {
        registry.update(&FlatReadings::of(readings).unwrap(), Timestamp::from_millis(millis))
    }

    fn announced(registry: &Registry) -> Value {
        serde_json::from_slice(&registry.announcement(usize::MAX)).unwrap()
    }

    fn updated(registry: &Registry) -> Vec<(&str, &str)> {
        registry.updated().map(|s| (&*s.key, str::from_utf8(&s.json).unwrap())).collect()
    }

    #[test]
    fn only_a_new_key_is_news_and_none_is_ever_forgotten() {
        let mut registry = registry();
        assert!(update(&mut registry, 1, &json!({"a": 1, "b": {"c": "x"}})));
        assert!(!update(&mut registry, 2, &json!({"a": 2})));
        assert!(update(&mut registry, 3, &json!({"d": null})));
        assert!(!update(&mut registry, 4, &json!({})));
        let expected = json!({
            "sensor": {"a": 2, "b__c": "x", "d": null},
            "actuator": {"setpoint": 21.0, "a": null},
        });
        assert_eq!(announced(&registry), expected);
    }

    #[test]
    fn what_actuators_ask_of_commands_is_not_announced() {
        use std::time::Duration;
        let mut registry = registry();
        let actuators = |a: Actuator| vec![Actuator::new("setpoint").example(21.0), a];
        let guarded = Actuator::new("a").monotonic().failsafe(0, Duration::from_secs(1));
        assert!(!registry.set_actuators(actuators(guarded.clone())));
        assert_eq!(registry.actuator("a"), Some(&guarded), "and is in force");
        assert!(registry.set_actuators(actuators(guarded.clone().example(1))));
        assert!(registry.set_actuators(actuators(guarded.range(1..=2))), "it is left out");
        assert_eq!(registry.actuator("a"), None);
    }

    #[test]
    fn what_is_declared_is_no_news() {
        let sensor = |key| crate::datapoint::Sensor::new(key, crate::datapoint::Kind::Integer);
        let declared = vec![sensor("a"), sensor("b").range(5..=9), sensor("a").example(3)];
        let mut registry = Registry::new(declared, Vec::new());
        assert_eq!(announced(&registry)["sensor"], json!({"a": 0, "b": 5}));
        assert!(!update(&mut registry, 1, &json!({"b": 6})));
        assert!(update(&mut registry, 2, &json!({"b": 7, "c": 8})));
        assert_eq!(announced(&registry)["sensor"], json!({"a": 0, "b": 7, "c": 8}));
        assert_eq!(updated(&registry), [("b", "7"), ("c", "8")]);
    }

    #[test]
    fn messages_of_changing_shape_find_their_sensors() {
        let mut registry = registry();
        let shapes = [json!({"a": 1, "b": 2, "c": 3}), json!({"c": 4}), json!({"b": 5, "c": 6})];
        for round in 0..3 {
            for shape in &shapes {
                update(&mut registry, round, shape);
                let object = shape.as_object().unwrap();
                let expected: Vec<_> =
                    object.iter().map(|(key, value)| (key.clone(), value.to_string())).collect();
                let found: Vec<_> = updated(&registry)
                    .into_iter()
                    .map(|(key, json)| (key.to_owned(), json.to_owned()))
                    .collect();
                assert_eq!(found, expected);
            }
        }
        assert_eq!(registry.sensors().len(), 3);
    }

    #[test]
    fn of_two_paths_to_one_key_the_deeper_one_wins() {
        let mut registry = registry();
        for readings in [r#"{"a":{"b":1},"a__b":2}"#, r#"{"a__b":2,"a":{"b":1}}"#] {
            let raw: std::collections::BTreeMap<String, Value> =
                serde_json::from_str(readings).unwrap();
            registry.update(&FlatReadings::of(&raw).unwrap(), Timestamp::from_millis(1));
            assert_eq!(updated(&registry), [("a__b", "1")]);
        }
    }

    #[test]
    fn a_map_selects_known_and_later_sensors() {
        let mut registry = registry();
        update(&mut registry, 1, &json!({"a": 1, "b": 2}));
        let map = |pairs: &[(&str, &str)]| DatapointMap {
            sensor: pairs.iter().map(|&(key, topic)| (key.to_owned(), topic.into())).collect(),
            ..DatapointMap::default()
        };
        assert_eq!(registry.select(map(&[("b", "t"), ("c", "u")])), [1]);
        registry.sensors()[1].is_said();
        assert!(registry.select(map(&[("b", "t"), ("c", "u")])).is_empty());
        assert!(registry.select(map(&[])).is_empty());
        assert!(registry.select(map(&[("b", "t"), ("c", "u")])).is_empty(), "it is retained there");
        registry.sensors()[0].is_said();
        registry.select(map(&[("a", "t")]));
        assert_eq!(
            registry.select(map(&[("b", "t"), ("c", "u")])),
            [1],
            "the other's is there now"
        );
        update(&mut registry, 2, &json!({"c": 3}));
        assert_eq!(registry.updated().next().unwrap().topic.as_deref(), Some("u"));
        assert_eq!(registry.select(map(&[("b", "v")])), [1]);
        assert!(registry.select(map(&[])).is_empty());
        assert!(registry.sensors().iter().all(|sensor| sensor.topic.is_none()));
    }
}
