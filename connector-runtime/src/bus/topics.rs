//! The topics of a connector.

use std::sync::Arc;

use crate::mqtt::topic::{self, BadTopic};

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
    /// The allowed prefixes of the topics of values; if empty, every topic is allowed.
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

    /// Returns an error if a topic of a datapoint map cannot be used for values.
    pub(crate) fn check_value_topic(&self, topic: &str) -> Result<(), BadValueTopic> {
        topic::check(topic)?;
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
            return Err(BadValueTopic::Own);
        }
        let is_allowed = |prefix: &String| topic.starts_with(prefix.as_str());
        if !(self.prefixes.is_empty() || self.prefixes.iter().any(is_allowed)) {
            return Err(BadValueTopic::Outside);
        }
        Ok(())
    }
}

/// Why a topic of a datapoint map cannot be used for values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadValueTopic {
    #[error(transparent)]
    Invalid(#[from] BadTopic),
    #[error("it is one of the connector's own topics")]
    Own,
    #[error("it does not begin with any of MQTT_TOPIC_PREFIXES")]
    Outside,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_topic_cannot_be_used_for_values() {
        let topics = Topics::of("demo");
        for own in ["logs", "heartbeat", "status", "datapoint_map", "raw_message_to_db"] {
            assert_eq!(topics.check_value_topic(&format!("demo/{own}")), Err(BadValueTopic::Own));
        }
        assert_eq!(topics.check_value_topic("other/logs"), Ok(()));
        assert_eq!(topics.check_value_topic("demo/messages/1/value"), Ok(()));
    }

    #[test]
    fn values_are_limited_to_the_allowed_prefixes() {
        let mut topics = Topics::of("demo");
        topics.prefixes = ["demo/".to_owned(), "house/room_".to_owned()].into();
        for topic in ["demo/a", "house/room_1/b"] {
            assert_eq!(topics.check_value_topic(topic), Ok(()));
        }
        for topic in ["demo", "demolition/a", "house/1", "a/demo/b"] {
            assert_eq!(topics.check_value_topic(topic), Err(BadValueTopic::Outside), "{topic}");
        }
        assert_eq!(topics.check_value_topic("demo/logs"), Err(BadValueTopic::Own));
    }
}
