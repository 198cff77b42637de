//! Reads a datapoint map straight into its two tables, without a tree of JSON values in between.

use std::{
    borrow::Cow,
    collections::{
        HashMap, HashSet,
        hash_map::Entry::{Occupied, Vacant},
    },
    fmt,
};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{DatapointMap, Refused, short};
use crate::topic::Topics;

/// The most entries of a map, sensors and actuators together: in memory they are larger than as text.
const MAX_ENTRIES: usize = 200_000;

/// The most bytes of a datapoint's key.
const MAX_KEY: usize = 1024;

/// Reads the text of a map. Entries that cannot be used are left out.
pub(super) fn read(text: &str, topics: &Topics) -> serde_json::Result<(DatapointMap, Refused)> {
    let mut reader = Reader { topics, map: DatapointMap::default(), refused: Refused::default() };
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(&mut reader)?;
    json.end()?;
    reader.leave_out_echoes();
    Ok((reader.map, reader.refused))
}

struct Reader<'a> {
    topics: &'a Topics,
    map: DatapointMap,
    refused: Refused,
}

impl<'de> Visitor<'de> for &mut Reader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"an object of the form {"sensor": {..}, "actuator": {..}}"#)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<(), M::Error> {
        let (mut has_sensor, mut has_actuator, mut room) = (false, false, MAX_ENTRIES);
        while let Some(member) = members.next_key::<Cow<'_, str>>()? {
            match &*member {
                "sensor" => {
                    has_sensor = true;
                    let take = |key, json: &str| self.sensor(key, json);
                    members.next_value_seed(Entries { room: &mut room, take })?;
                }
                "actuator" => {
                    has_actuator = true;
                    let take = |topic, json: &str| self.actuator(topic, json);
                    members.next_value_seed(Entries { room: &mut room, take })?;
                }
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        match (has_sensor, has_actuator) {
            (true, true) => Ok(()),
            (false, _) => Err(M::Error::missing_field("sensor")),
            (_, false) => Err(M::Error::missing_field("actuator")),
        }
    }
}

impl Reader<'_> {
    fn sensor(&mut self, key: String, json: &str) {
        let topic = text(json, "topic").and_then(|topic| match check(self.topics, &key, &topic) {
            Ok(()) => Ok(topic.into()),
            Err(problem) => Err(format!("topic {:?}: {problem}", short(&topic))),
        });
        insert(&mut self.map.sensor, key, topic, "sensor", &mut self.refused);
    }

    fn actuator(&mut self, topic: String, json: &str) {
        let key = text(json, "key")
            .and_then(|key| check(self.topics, &key, &topic).map(|()| key.into_owned()));
        insert(&mut self.map.actuator, topic, key, "actuator topic", &mut self.refused);
    }

    fn leave_out_echoes(&mut self) {
        if self.map.actuator.is_empty() {
            return;
        }
        let published: HashSet<&str> = self.map.sensor.values().map(|topic| &**topic).collect();
        self.map.actuator.retain(|topic, _| {
            let is_echo = published.contains(&**topic);
            if is_echo {
                self.refused.add(|| {
                    let topic = short(topic);
                    format!(
                        "actuator topic {topic:?}: a sensor's values go there, and each would come \
                         back as a command"
                    )
                });
            }
            !is_echo
        });
    }
}

/// Of entries with the same name the last one counts.
fn insert<V>(
    table: &mut HashMap<String, V>,
    name: String,
    value: Result<V, String>,
    what: &str,
    refused: &mut Refused,
) {
    let mut refuse = |name: &str, problem: &str| {
        refused.add(|| format!("{what} {:?}: {problem}", short(name)));
    };
    match (value, table.entry(name)) {
        (Ok(value), Vacant(entry)) => drop(entry.insert(value)),
        (Ok(value), Occupied(mut entry)) => {
            entry.insert(value);
            refuse(entry.key(), "it is there twice, and the last one counts");
        }
        (Err(problem), entry) => {
            refuse(entry.key(), &problem);
            if let Occupied(entry) = entry {
                entry.remove();
            }
        }
    }
}

/// The text that a JSON value is.
fn text<'a>(json: &'a str, what: &str) -> Result<Cow<'a, str>, String> {
    let borrowed = serde_json::from_str::<&str>(json).map(Cow::Borrowed);
    // Text with escapes has to be rewritten.
    let text = borrowed.or_else(|_| serde_json::from_str::<String>(json).map(Cow::Owned));
    text.map_err(|_| format!("its {what} is no text but {}", short(json)))
}

fn check(topics: &Topics, key: &str, topic: &str) -> Result<(), String> {
    if key.len() > MAX_KEY {
        return Err(format!("the key is longer than {MAX_KEY} bytes"));
    }
    topics.check_value_topic(topic).map_err(|problem| problem.to_string())
}

/// The entries of an object, which are handed on one by one.
struct Entries<'a, F> {
    /// How many more there may be.
    room: &'a mut usize,
    take: F,
}

impl<'de, F: FnMut(String, &str)> DeserializeSeed<'de> for Entries<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: FnMut(String, &str)> Visitor<'de> for Entries<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of keys and topics")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut entries: M) -> Result<(), M::Error> {
        while let Some(name) = entries.next_key()? {
            let Some(room) = self.room.checked_sub(1) else {
                return Err(M::Error::custom(format!("it has more than {MAX_ENTRIES} entries")));
            };
            *self.room = room;
            (self.take)(name, entries.next_value::<&RawValue>()?.get());
        }
        Ok(())
    }
}
