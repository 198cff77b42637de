//! The topics of the remote broker that are sensors, and those that are actuators.

use std::{collections::BTreeMap, str::FromStr};

use connector_runtime::prelude::*;
use serde_json::{Map, Value};

/// `{"sensor_topics": {topic: {}}, "actuator_topics": {topic: {"example_value": value}}}`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct TopicMapping {
    sensor_topics: Map<String, Value>,
    actuator_topics: BTreeMap<String, ActuatorTopic>,
}

#[derive(Debug, Clone, Deserialize)]
struct ActuatorTopic {
    example_value: Value,
}

impl TopicMapping {
    /// Returns the topics to subscribe to, which may contain wildcards.
    pub(crate) fn sensors(&self) -> Vec<String> {
        self.sensor_topics.keys().cloned().collect()
    }

    /// Returns the topics that commands are published to.
    pub(crate) fn actuators(&self) -> impl Iterator<Item = Actuator> {
        let actuators = self.actuator_topics.iter();
        actuators.map(|(topic, it)| Actuator::new(topic.clone()).example(it.example_value.clone()))
    }
}

impl FromStr for TopicMapping {
    type Err = Error;

    fn from_str(json: &str) -> Result<Self> {
        let mapping: Self = serde_json::from_str(json)?;
        for topic in mapping.sensor_topics.keys() {
            ensure!(
                rumqttc::valid_filter(topic),
                "`{topic}` in sensor_topics is not a valid MQTT topic"
            );
        }
        for topic in mapping.actuator_topics.keys() {
            let is_topic = !topic.is_empty() && rumqttc::valid_topic(topic);
            ensure!(
                is_topic,
                "`{topic}` in actuator_topics is not a valid MQTT topic without wildcards"
            );
        }
        Ok(mapping)
    }
}
