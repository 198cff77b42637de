//! From a connector's name to its topics, and what a topic may be.

use std::sync::Arc;

/// The most bytes of a topic. MQTT allows 65,535.
const MAX_BYTES: usize = 1024;

/// The most levels of a topic: mosquitto breaks the link beyond.
const MAX_LEVELS: usize = 200;

/// The fixed topics of a connector, below its name.
#[derive(Debug, Clone)]
pub(crate) struct Topics {
    pub(crate) logs: Arc<str>,
    pub(crate) heartbeat: Arc<str>,
    pub(crate) status: Arc<str>,
    pub(crate) available_datapoints: Arc<str>,
    pub(crate) datapoint_map: Arc<str>,
    pub(crate) raw_message_to_db: Arc<str>,
    pub(crate) raw_message_reprocess: Arc<str>,
    /// How the topics of values begin; none: in any way.
    pub(crate) prefixes: Vec<String>,
}

impl Topics {
    pub(crate) fn of(name: &str) -> Self {
        let below = |last: &str| format!("{name}/{last}").into();
        Self {
            logs: below("logs"),
            heartbeat: below("heartbeat"),
            status: below("status"),
            available_datapoints: below("available_datapoints"),
            datapoint_map: below("datapoint_map"),
            raw_message_to_db: below("raw_message_to_db"),
            raw_message_reprocess: below("raw_message_reprocess"),
            prefixes: Vec::new(),
        }
    }

    /// Whether a topic from a datapoint map can carry values.
    pub(crate) fn check_value_topic(&self, topic: &str) -> Result<(), BadTopic> {
        check(topic)?;
        let own = [
            &self.logs,
            &self.heartbeat,
            &self.status,
            &self.available_datapoints,
            &self.datapoint_map,
            &self.raw_message_to_db,
            &self.raw_message_reprocess,
        ];
        if own.iter().any(|fixed| &***fixed == topic) {
            return Err(BadTopic::Own);
        }
        let is_allowed = |prefix: &String| topic.starts_with(prefix.as_str());
        if !(self.prefixes.is_empty() || self.prefixes.iter().any(is_allowed)) {
            return Err(BadTopic::Outside);
        }
        Ok(())
    }
}

/// Why a topic cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadTopic {
    #[error("it is empty")]
    Empty,
    #[error("it is longer than {MAX_BYTES} bytes")]
    TooLong,
    #[error("it has more than {MAX_LEVELS} levels")]
    TooDeep,
    #[error("it contains the wild-card `{0}`")]
    WildCard(char),
    #[error("it begins with `$`, which belongs to the broker")]
    Reserved,
    #[error("it contains the character {0:?}, at which brokers break the link")]
    Character(char),
    #[error("it is one of the connector's own topics")]
    Own,
    #[error("it begins with none of MQTT_TOPIC_PREFIXES")]
    Outside,
}

/// Whether messages can be published on a topic, by MQTT 3.1.1, sections 1.5.3 and 4.7, and by
/// what brokers make of it.
pub(crate) fn check(topic: &str) -> Result<(), BadTopic> {
    if topic.is_empty() {
        return Err(BadTopic::Empty);
    }
    if topic.len() > MAX_BYTES {
        return Err(BadTopic::TooLong);
    }
    if topic.starts_with('$') {
        return Err(BadTopic::Reserved);
    }
    if topic.split('/').count() > MAX_LEVELS {
        return Err(BadTopic::TooDeep);
    }
    topic.chars().try_for_each(|c| match c {
        '+' | '#' => Err(BadTopic::WildCard(c)),
        c if c.is_control() || is_non_character(c) => Err(BadTopic::Character(c)),
        _ => Ok(()),
    })
}

/// Code points that Unicode sets aside, such as U+FFFF; mosquitto refuses them.
fn is_non_character(c: char) -> bool {
    let c = u32::from(c);
    (0xfdd0..=0xfdef).contains(&c) || c & 0xfffe == 0xfffe
}

/// Whether a connector can have this name: it is the first level of all its topics.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let problem = if name.trim().is_empty() {
        "it is empty".to_owned()
    } else if name.contains('/') {
        "it contains `/`, but it is one level of a topic".to_owned()
    } else if let Err(problem) = check(name) {
        problem.to_string()
    } else {
        return Ok(());
    };
    Err(format!("{name:?} cannot be the root of the connector's topics: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_taken_as_they_are() {
        let long = "x".repeat(MAX_BYTES);
        for topic in ["a", "a/b", "/", "ü b/°C", "a$b/$", "𝄞", &long] {
            assert_eq!(check(topic), Ok(()), "{topic}");
        }
    }

    #[test]
    fn what_breaks_the_link_is_refused() {
        let (long, deep) = ("x".repeat(MAX_BYTES + 1), "/".repeat(MAX_LEVELS));
        let cases = [
            ("", BadTopic::Empty),
            ("a/+/b", BadTopic::WildCard('+')),
            ("a/#", BadTopic::WildCard('#')),
            ("$SYS/a", BadTopic::Reserved),
            ("a\0", BadTopic::Character('\0')),
            ("a\u{1f}", BadTopic::Character('\u{1f}')),
            ("a\u{85}", BadTopic::Character('\u{85}')),
            ("a\u{ffff}", BadTopic::Character('\u{ffff}')),
            ("a\u{1fffe}", BadTopic::Character('\u{1fffe}')),
            ("a\u{fdd0}", BadTopic::Character('\u{fdd0}')),
            (&long, BadTopic::TooLong),
            (&deep, BadTopic::TooDeep),
        ];
        for (topic, problem) in cases {
            assert_eq!(check(topic), Err(problem), "{topic:?}");
        }
    }

    #[test]
    fn a_value_cannot_go_to_a_fixed_topic() {
        let topics = Topics::of("demo");
        for own in ["logs", "heartbeat", "status", "datapoint_map", "raw_message_to_db"] {
            assert_eq!(topics.check_value_topic(&format!("demo/{own}")), Err(BadTopic::Own));
        }
        assert_eq!(topics.check_value_topic("other/logs"), Ok(()));
        assert_eq!(topics.check_value_topic("demo/messages/1/value"), Ok(()));
    }

    #[test]
    fn a_value_goes_only_where_the_operator_allows_it() {
        let mut topics = Topics::of("demo");
        topics.prefixes = ["demo/".to_owned(), "house/room_".to_owned()].into();
        for topic in ["demo/a", "house/room_1/b"] {
            assert_eq!(topics.check_value_topic(topic), Ok(()));
        }
        for topic in ["demo", "demolition/a", "house/1", "a/demo/b"] {
            assert_eq!(topics.check_value_topic(topic), Err(BadTopic::Outside), "{topic}");
        }
        assert_eq!(topics.check_value_topic("demo/logs"), Err(BadTopic::Own));
    }

    #[test]
    fn a_name_is_one_level() {
        for name in ["demo", "ü", " x ", "a b", "a.b-c_d"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", " ", "a/b", "a+", "#", "$x", "a\0"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
