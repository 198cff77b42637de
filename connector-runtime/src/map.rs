//! The datapoint map: what the administrator selected, and on which topics it goes.

mod read;

use std::{collections::HashMap, str::Utf8Error, sync::Arc};

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
    NoText(#[from] Utf8Error),
    #[error("{}", explain(.0))]
    NoMap(#[from] serde_json::Error),
}

/// The entries of a map that are left out, with the reason.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refused {
    named: Vec<String>,
    count: usize,
}

impl Refused {
    fn add(&mut self, entry: impl FnOnce() -> String) {
        if self.count < NAMED {
            self.named.push(entry());
        }
        self.count += 1;
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// One text for the log, unless all entries are fine.
    pub(crate) fn summary(&self) -> Option<String> {
        let named = self.named.join("; ");
        match self.count {
            0 => None,
            count @ ..=NAMED => Some(format!("left out {count}: {named}")),
            count => Some(format!("left out {count}: {named}; and {} more", count - NAMED)),
        }
    }
}

impl DatapointMap {
    /// The map as it would come over the bus.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let sensor: HashMap<_, _> =
            self.sensor.iter().map(|(key, topic)| (key, &**topic)).collect();
        let json = serde_json::json!({ "sensor": sensor, "actuator": self.actuator });
        json.to_string().into_bytes()
    }

    /// Reads a map as it came over the bus. Entries that cannot be used are left out.
    pub(crate) fn parse(payload: &[u8], topics: &Topics) -> Result<(Self, Refused), BadMap> {
        if payload.len() > MAX_BYTES {
            return Err(BadMap::TooLarge(payload.len()));
        }
        let text = str::from_utf8(payload)?;
        Ok(read::read(text.strip_prefix('\u{feff}').unwrap_or(text), topics)?)
    }
}

fn explain(error: &serde_json::Error) -> String {
    if error.is_data() { error.to_string() } else { format!("it is no JSON: {error}") }
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

    #[test]
    fn of_entries_with_the_same_name_the_last_one_counts() {
        let (map, refused) = parse(
            r#"{"sensor": {"a": "old", "b": "t", "a": "new", "b": 5}, "actuator": {"x": "a", "x": "b"}}"#,
        )
        .unwrap();
        assert_eq!((map.sensor.len(), &*map.sensor["a"]), (1, "new"));
        assert_eq!(map.actuator["x"], "b");
        let summary = refused.summary().unwrap();
        assert!(summary.starts_with("left out 3: sensor \"a\": it is there twice"), "{summary}");
    }

    #[test]
    fn escaped_text_is_text() {
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
    fn a_map_that_is_refused_says_what_it_should_be() {
        let said = |map| parse(map).unwrap_err().to_string();
        assert!(said("[]").contains(r#"expected an object of the form {"sensor": {..}"#));
        assert!(said(r#"{"sensor": {}}"#).starts_with("missing field `actuator`"));
        assert!(said(r#"{"sensor": 5}"#).contains("expected an object of keys and topics"));
        assert!(said("{").starts_with("it is no JSON: "));
    }
}
