//! The datapoint map: what the administrator selected, and on which topics it goes.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use serde_json::{Map, Value};

use crate::topic::Topics;

/// Larger maps are refused before they are parsed. A map of 100,000 datapoints has about 8 MB.
const MAX_BYTES: usize = 16 << 20;

/// How many refused entries one log message names.
const NAMED: usize = 10;

/// How many bytes of a refused key or topic it shows.
const SHOWN: usize = 100;

/// The selected datapoints.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct DatapointMap {
    /// From key to topic.
    pub(crate) sensor: HashMap<String, Arc<str>>,
    /// From topic to key.
    pub(crate) actuator: HashMap<String, String>,
}

/// Why a map as a whole is refused; the one before stays in force.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadMap {
    #[error("it has {0} bytes, more than the {MAX_BYTES} that are allowed")]
    TooLarge(usize),
    #[error("it is no JSON: {0}")]
    NoJson(#[from] serde_json::Error),
    #[error("it is not an object of the form {{\"sensor\": {{..}}, \"actuator\": {{..}}}}")]
    NotAnObject,
    #[error("it has no `{0}` member")]
    Missing(&'static str),
    #[error("its `{0}` member is not an object")]
    NoObject(&'static str),
}

/// The entries of a map that are left out, with the reason.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refused(Vec<String>);

impl Refused {
    /// One text for the log, unless all entries are fine.
    pub(crate) fn summary(&self) -> Option<String> {
        let named = self.0.get(..NAMED.min(self.0.len()))?.join("; ");
        match self.0.len() {
            0 => None,
            count @ ..=NAMED => Some(format!("left out {count}: {named}")),
            count => Some(format!("left out {count}: {named}; and {} more", count - NAMED)),
        }
    }
}

impl DatapointMap {
    /// Reads a map as it came over the bus. Entries that cannot be used are left out.
    pub(crate) fn parse(payload: &[u8], topics: &Topics) -> Result<(Self, Refused), BadMap> {
        if payload.len() > MAX_BYTES {
            return Err(BadMap::TooLarge(payload.len()));
        }
        let payload = payload.strip_prefix("\u{feff}".as_bytes()).unwrap_or(payload);
        let Value::Object(mut map) = serde_json::from_slice(payload)? else {
            return Err(BadMap::NotAnObject);
        };
        let sensor = take_object(&mut map, "sensor")?;
        let actuator = take_object(&mut map, "actuator")?;
        let mut refused = Refused::default();
        let sensor = sensors(sensor, topics, &mut refused);
        let actuator = actuators(actuator, topics, &sensor, &mut refused);
        Ok((Self { sensor, actuator }, refused))
    }
}

fn take_object(
    map: &mut Map<String, Value>,
    member: &'static str,
) -> Result<Map<String, Value>, BadMap> {
    match map.remove(member) {
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(BadMap::NoObject(member)),
        None => Err(BadMap::Missing(member)),
    }
}

fn sensors(
    entries: Map<String, Value>,
    topics: &Topics,
    refused: &mut Refused,
) -> HashMap<String, Arc<str>> {
    let mut sensors = HashMap::with_capacity(entries.len());
    for (key, topic) in entries {
        let Value::String(topic) = topic else {
            let (key, topic) = (short(&key), topic.to_string());
            let topic = short(&topic);
            refused.0.push(format!("sensor `{key}`, whose topic is no text but {topic}"));
            continue;
        };
        match topics.check_value_topic(&topic) {
            Ok(()) => drop(sensors.insert(key, topic.into())),
            Err(problem) => {
                let (key, topic) = (short(&key), short(&topic));
                refused.0.push(format!("sensor `{key}`, topic {topic:?}: {problem}"));
            }
        }
    }
    sensors
}

fn actuators(
    entries: Map<String, Value>,
    topics: &Topics,
    sensors: &HashMap<String, Arc<str>>,
    refused: &mut Refused,
) -> HashMap<String, String> {
    let published: HashSet<&str> = sensors.values().map(|topic| &**topic).collect();
    let mut actuators = HashMap::with_capacity(entries.len());
    for (topic, key) in entries {
        let problem = match (topics.check_value_topic(&topic), &key) {
            (Err(problem), _) => problem.to_string(),
            (Ok(()), Value::String(_)) if published.contains(&*topic) => {
                "a sensor's values go there, and each would come back as a command".to_owned()
            }
            (Ok(()), Value::String(key)) => {
                actuators.insert(topic, key.clone());
                continue;
            }
            (Ok(()), key) => format!("its key is no text but {}", short(&key.to_string())),
        };
        refused.0.push(format!("actuator topic {:?}: {problem}", short(&topic)));
    }
    actuators
}

/// The beginning of a text, so that the log has room for the reason.
fn short(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHOWN)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(map: &str) -> Result<(DatapointMap, Refused), BadMap> {
        DatapointMap::parse(map.as_bytes(), &Topics::of("demo"))
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
    fn what_is_no_map_is_refused() {
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
        assert!(DatapointMap::parse(b"\xff\xfe{\0}\0", &Topics::of("demo")).is_err());
        let huge = vec![b' '; MAX_BYTES + 1];
        assert!(matches!(
            DatapointMap::parse(&huge, &Topics::of("demo")),
            Err(BadMap::TooLarge(_))
        ));
    }

    #[test]
    fn bad_entries_are_left_out_and_the_rest_is_used() {
        let (map, refused) = parse(
            r#"{"sensor": {"good": "t", "empty": "", "wild": "a/#", "null": null, "own": "demo/logs"},
                "actuator": {"u": "good", "": "a", "+": "b", "t": "echo", "v": 5,
                             "demo/datapoint_map": "c"}}"#,
        )
        .unwrap();
        assert_eq!(map.sensor.keys().collect::<Vec<_>>(), ["good"]);
        assert_eq!(map.actuator.keys().collect::<Vec<_>>(), ["u"]);
        let summary = refused.summary().unwrap();
        assert!(summary.starts_with("left out 9: "), "{summary}");
        assert!(summary.contains("wild-card"), "{summary}");
    }

    #[test]
    fn a_long_topic_does_not_hide_the_reason() {
        let long = "°".repeat(70_000);
        let map = serde_json::json!({"sensor": {&long: &long, "b": [&long]}, "actuator": {&long: 5, "t": [&long]}});
        let summary = parse(&map.to_string()).unwrap().1.summary().unwrap();
        assert!(summary.len() < 2000 && summary.contains("longer than"), "{summary}");
    }

    #[test]
    fn a_long_list_of_refusals_is_cut() {
        let entries: Vec<_> = (0..25).map(|i| format!(r#""k{i}": """#)).collect();
        let (_, refused) =
            parse(&format!(r#"{{"sensor": {{{}}}, "actuator": {{}}}}"#, entries.join(",")))
                .unwrap();
        assert!(refused.summary().unwrap().ends_with("; and 15 more"));
    }
}
