//! Parsing of a datapoint map directly into its two tables, without an intermediate tree of JSON
//! values.

use std::{
    borrow::Cow,
    collections::{
        HashMap, HashSet,
        hash_map::Entry::{Occupied, Vacant},
    },
    fmt,
    str::Utf8Error,
};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::bus::{
    map::{DatapointMap, Refused, short},
    topics::Topics,
};

/// The limits of maps: larger ones are rejected, as they take more memory than their text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MapLimits {
    pub(super) bytes: usize,
    /// Sensors and actuators together.
    entries: usize,
}

impl MapLimits {
    pub(crate) const MOST: Self = Self { bytes: 16 << 20, entries: 200_000 };

    /// Returns the limits for a connector that has at most this many sensors.
    pub(crate) fn of(max_sensors: usize) -> Self {
        let Self { bytes, entries } = Self::MOST;
        Self {
            bytes: max_sensors.saturating_mul(SENSOR).clamp(LEAST, bytes),
            entries: max_sensors.saturating_mul(2).min(entries),
        }
    }
}

/// The number of bytes of a map for each sensor. Those of an entry of usual length are about 80.
const SENSOR: usize = 160;

/// A map may have this many bytes in any case.
const LEAST: usize = 64 << 10;

/// The maximum number of bytes of a datapoint's key.
const MAX_KEY: usize = 1024;

/// Why a whole map is rejected; the previous one stays in force.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadMap {
    #[error(
        "it has {bytes} bytes, more than {most}: select fewer datapoints, or raise MAX_SENSORS"
    )]
    TooLarge { bytes: usize, most: usize },
    #[error("it is not valid JSON: {0}")]
    NoText(#[from] Utf8Error),
    #[error("{}", explain(.0))]
    NoMap(#[from] serde_json::Error),
}

impl DatapointMap {
    /// Parses a map from the bus. Invalid entries are rejected, the others are used.
    pub(crate) fn parse(
        payload: &[u8],
        topics: &Topics,
        limits: MapLimits,
    ) -> Result<(Self, Refused), BadMap> {
        if payload.len() > limits.bytes {
            return Err(BadMap::TooLarge { bytes: payload.len(), most: limits.bytes });
        }
        let text = str::from_utf8(payload)?;
        Ok(read(text.strip_prefix('\u{feff}').unwrap_or(text), topics, limits.entries)?)
    }
}

fn explain(error: &serde_json::Error) -> String {
    if error.is_data() { error.to_string() } else { format!("it is not valid JSON: {error}") }
}

/// Parses the text of a map.
fn read(
    text: &str,
    topics: &Topics,
    entries: usize,
) -> serde_json::Result<(DatapointMap, Refused)> {
    let (map, refused) = (DatapointMap::default(), Refused::default());
    let mut reader = Reader { topics, entries, map, refused };
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(&mut reader)?;
    json.end()?;
    reader.reject_echoes();
    Ok((reader.map, reader.refused))
}

struct Reader<'a> {
    topics: &'a Topics,
    /// The maximum number of entries.
    entries: usize,
    map: DatapointMap,
    refused: Refused,
}

impl<'de> Visitor<'de> for &mut Reader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"an object of the form {"sensor": {..}, "actuator": {..}}"#)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<(), M::Error> {
        let (mut has_sensor, mut has_actuator) = (false, false);
        let (most, mut room) = (self.entries, self.entries);
        while let Some(member) = members.next_key::<Cow<'_, str>>()? {
            match &*member {
                "sensor" => {
                    has_sensor = true;
                    let take = |key, json: &str| self.sensor(key, json);
                    members.next_value_seed(Entries { room: &mut room, most, take })?;
                }
                "actuator" => {
                    has_actuator = true;
                    let take = |topic, json: &str| self.actuator(topic, json);
                    members.next_value_seed(Entries { room: &mut room, most, take })?;
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

    fn reject_echoes(&mut self) {
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
                        "actuator topic {topic:?}: a sensor is published there, so each value would \
                         return as a command"
                    )
                });
            }
            !is_echo
        });
    }
}

/// Inserts an entry. Of entries with the same name the last one counts.
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
            refuse(entry.key(), "it occurs twice, and the last one counts");
        }
        (Err(problem), entry) => {
            refuse(entry.key(), &problem);
            if let Occupied(entry) = entry {
                entry.remove();
            }
        }
    }
}

/// Parses a JSON string.
fn text<'a>(json: &'a str, what: &str) -> Result<Cow<'a, str>, String> {
    let borrowed = serde_json::from_str::<&str>(json).map(Cow::Borrowed);
    // A string with escapes cannot be borrowed.
    let text = borrowed.or_else(|_| serde_json::from_str::<String>(json).map(Cow::Owned));
    text.map_err(|_| format!("its {what} is not a string: {}", short(json)))
}

fn check(topics: &Topics, key: &str, topic: &str) -> Result<(), String> {
    if key.len() > MAX_KEY {
        return Err(format!("the key is longer than {MAX_KEY} bytes"));
    }
    topics.check_value_topic(topic).map_err(|problem| problem.to_string())
}

/// The entries of an object, passed to `take` one by one.
struct Entries<'a, F> {
    /// How many more entries are allowed, and how many altogether.
    room: &'a mut usize,
    most: usize,
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
                return Err(M::Error::custom(format!("it has more than {} entries", self.most)));
            };
            *self.room = room;
            (self.take)(name, entries.next_value::<&RawValue>()?.get());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(map: &str) -> Result<(DatapointMap, Refused), BadMap> {
        DatapointMap::parse(map.as_bytes(), &Topics::of("demo"), MapLimits::MOST)
    }

    #[test]
    fn a_map_is_read() {
        let text = r#"{"sensor": {"a": "demo/1", "b": "elsewhere"}, "actuator": {"demo/2": "c"}}"#;
        let (map, refused) = parse(text).unwrap();
        assert_eq!(&*map.sensor["a"], "demo/1");
        assert_eq!(&*map.sensor["b"], "elsewhere");
        assert_eq!(map.actuator["demo/2"], "c");
        assert_eq!(refused.summary(), None);
    }

    #[test]
    fn further_members_and_a_byte_order_mark_are_ignored() {
        let (map, _) = parse("\u{feff}{\"sensor\":{},\"actuator\":{},\"x\":1}").unwrap();
        assert_eq!(map, DatapointMap::default());
    }

    #[test]
    fn an_invalid_map_is_rejected() {
        for text in [
            "",
            "null",
            "5",
            "\"sensor actuator\"",
            "[\"sensor\",\"actuator\"]",
            "{",
            "\u{1}",
            r#"{"sensor":{}}"#,
            r#"{"actuator":{}}"#,
            r#"{"sensor":[],"actuator":{}}"#,
            r#"{"sensor":{},"actuator":null}"#,
            r#"{"sensor":{"a":NaN},"actuator":{}}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let topics = Topics::of("demo");
        assert!(DatapointMap::parse(b"\xff\xfe{\0}\0", &topics, MapLimits::MOST).is_err());
        let huge = vec![b' '; MapLimits::MOST.bytes + 1];
        for (max_sensors, bytes) in [(50_000, 8_000_001), (usize::MAX, huge.len()), (1, LEAST + 1)]
        {
            let parsed = DatapointMap::parse(&huge[..bytes], &topics, MapLimits::of(max_sensors));
            assert!(matches!(parsed, Err(BadMap::TooLarge { .. })), "{max_sensors}");
            let parsed = DatapointMap::parse(&huge[1..bytes], &topics, MapLimits::of(max_sensors));
            assert!(matches!(parsed, Err(BadMap::NoMap(_))), "{max_sensors}");
        }
    }

    #[test]
    fn invalid_entries_are_rejected_and_the_others_are_used() {
        let (map, refused) = parse(
            r#"{"sensor": {"good": "t", "empty": "", "wild": "a/#", "null": null, "own": "demo/logs"},
                "actuator": {"u": "good", "": "a", "+": "b", "t": "echo", "v": 5,
                             "demo/datapoint_map": "c"}}"#,
        )
        .unwrap();
        assert_eq!(map.sensor.keys().collect::<Vec<_>>(), ["good"]);
        assert_eq!(map.actuator.keys().collect::<Vec<_>>(), ["u"]);
        let summary = refused.summary().unwrap();
        assert!(summary.starts_with("rejected 9 entries: "), "{summary}");
        assert!(summary.contains("wildcard"), "{summary}");
    }

    #[test]
    fn a_long_topic_does_not_hide_the_reason() {
        let long = "°".repeat(70_000);
        let map = serde_json::json!({"sensor": {&long: &long, "b": [&long]}, "actuator": {&long: 5, "t": [&long]}});
        let summary = parse(&map.to_string()).unwrap().1.summary().unwrap();
        assert!(summary.len() < 2000 && summary.contains("longer than"), "{summary}");
    }

    #[test]
    fn a_long_list_of_rejected_entries_is_truncated() {
        let entries: Vec<_> = (0..25).map(|i| format!(r#""k{i}": """#)).collect();
        let (_, refused) =
            parse(&format!(r#"{{"sensor": {{{}}}, "actuator": {{}}}}"#, entries.join(",")))
                .unwrap();
        assert!(refused.summary().unwrap().ends_with("; and 15 more"));
    }

    #[test]
    fn of_entries_with_the_same_name_the_last_one_counts() {
        let (map, refused) = parse(
            r#"{"sensor": {"a": "old", "b": "t", "a": "new", "b": 5}, "actuator": {"x": "a", "x": "b"}}"#,
        )
        .unwrap();
        assert_eq!((map.sensor.len(), &*map.sensor["a"]), (1, "new"));
        assert_eq!(map.actuator["x"], "b");
        let summary = refused.summary().unwrap();
        assert!(
            summary.starts_with("rejected 3 entries: sensor \"a\": it occurs twice"),
            "{summary}"
        );
    }

    #[test]
    fn escaped_strings_are_decoded() {
        let (map, _) = parse(r#"{"sens\u006fr": {"\u0061": "\u00b0\/"}, "actuator": {}}"#).unwrap();
        assert_eq!(&*map.sensor["a"], "°/");
    }

    #[test]
    fn keys_and_the_number_of_entries_are_bounded() {
        let map = format!(r#"{{"sensor": {{}}, "actuator": {{"t": "{}"}}}}"#, "k".repeat(1025));
        assert!(parse(&map).unwrap().1.summary().unwrap().contains("longer than 1024"));
        let entries: Vec<_> = (0..200_001).map(|i| format!(r#""{i}":"t""#)).collect();
        let map = format!(r#"{{"sensor": {{{}}}, "actuator": {{}}}}"#, entries.join(","));
        assert!(parse(&map).unwrap_err().to_string().contains("more than 200000 entries"));
    }

    #[test]
    fn the_error_of_a_rejected_map_states_the_expected_form() {
        let error = |map| parse(map).unwrap_err().to_string();
        assert!(error("[]").contains(r#"expected an object of the form {"sensor": {..}"#));
        assert!(error(r#"{"sensor": {}}"#).starts_with("missing field `actuator`"));
        assert!(error(r#"{"sensor": 5}"#).contains("expected an object of keys and topics"));
        assert!(error("{").starts_with("it is not valid JSON: "));
    }
}
