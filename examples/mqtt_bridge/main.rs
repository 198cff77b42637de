//! Devices on another MQTT broker: its messages become sensors, commands are published to it.
//!
//! The document is [MQTT 3.1.1](https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html). Try it
//! with one broker for the bus and another one for the devices:
//!
//! ```text
//! mosquitto -p 1884 &
//! MQTT_BROKER_HOST=localhost REMOTE_MQTT_BROKER_HOST=localhost REMOTE_MQTT_BROKER_PORT=1884 \
//! REMOTE_MQTT_BROKER_TOPIC_MAPPING='{"sensor_topics": {"plugs/+/power": {}},
//!     "actuator_topics": {"plugs/1/relay": {"example_value": "ON"}}}' \
//!     cargo run --example mqtt_bridge
//! mosquitto_pub -p 1884 -t plugs/1/power -m 61.5
//! ```
//!
//! Topics are the keys of the datapoints. As in BEMCom's connector, retained messages of the remote broker
//! are ignored. TLS is not supported: with `REMOTE_MQTT_BROKER_USE_TLS=TRUE` the connector does not start,
//! so that no password crosses the network by mistake.
//!
//! Differences from BEMCom's `mqtt-connector`:
//!
//! - Commands are sent: a text unchanged, anything else as JSON. The broker must confirm them.
//! - A topic that the broker refuses, or that is not valid, is an error.
//! - A payload that is not valid UTF-8 is logged and dropped; the original lost its connection.

mod mapping;
mod remote;
#[cfg(test)]
mod simulator;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use connector_runtime::prelude::*;
use rumqttc::MqttOptions;
use serde_json::value::{RawValue, to_raw_value};

use mapping::TopicMapping;
use remote::{Message, Remote};

/// Larger messages end the connection.
const MAX_PACKET: usize = 16 << 20;

/// Connects the devices on another MQTT broker.
#[connector(name = "mqtt-connector")]
struct Bridge {
    /// Host name or address of the remote broker.
    #[arg(long, env = "REMOTE_MQTT_BROKER_HOST", value_name = "HOST")]
    remote_host: String,
    /// TCP port of the remote broker.
    #[arg(long, env = "REMOTE_MQTT_BROKER_PORT", value_name = "PORT", default_value_t = 1883)]
    remote_port: u16,
    /// User name for the remote broker, if it requires a login.
    #[arg(long, env = "REMOTE_MQTT_BROKER_USERNAME", value_name = "USER")]
    remote_username: Option<String>,
    /// Password for the remote broker.
    #[arg(long, env = "REMOTE_MQTT_BROKER_PASSWORD", value_name = "PASSWORD")]
    remote_password: Option<Secret>,
    /// TRUE is invalid, because TLS is not supported.
    #[arg(long, env = "REMOTE_MQTT_BROKER_USE_TLS", default_value = "FALSE", value_parser = no_tls)]
    _remote_tls: String,
    /// The topics, as `{"sensor_topics": {"a/+/b/#": {}}, "actuator_topics": {"c/d":
    /// {"example_value": 22.0}}}`.
    #[arg(long, env = "REMOTE_MQTT_BROKER_TOPIC_MAPPING", value_name = "JSON")]
    topic_mapping: TopicMapping,
    /// TRUE: payloads are JSON, and the each member of an object is a sensor.
    #[arg(long, env = "REMOTE_MQTT_BROKER_PARSE_JSON", value_name = "TRUE|FALSE")]
    #[arg(default_value = "FALSE", value_parser = value_parser::switch, action = clap::ArgAction::Set)]
    parse_json: bool,
}

#[connector]
impl Bridge {
    /// Connects to the remote broker, and subscribes.
    #[connect]
    async fn open(&self) -> Result<Remote> {
        let (host, port) = (&self.remote_host, self.remote_port);
        // The broker assigns an id.
        let mut options = MqttOptions::new("", host, port);
        options.set_max_packet_size(MAX_PACKET, MAX_PACKET);
        if let Some(user) = &self.remote_username {
            let password = self.remote_password.as_ref().map_or("", Secret::expose);
            options.set_credentials(user, password);
        }
        let remote = Remote::connect(options, &self.topic_mapping.sensors()).await;
        remote.with_context(|| format!("the remote broker at {host}:{port}"))
    }

    /// Waits for the next message.
    #[receive]
    async fn message(&self, remote: &Remote) -> Result<Message> {
        remote.next().await
    }

    /// Converts a payload to a value, with the topic as its key.
    #[parse]
    fn value(&self, raw: &Message) -> Result<BTreeMap<String, Box<RawValue>>> {
        let topic = &raw.topic;
        let text = str::from_utf8(&raw.payload)
            .with_context(|| format!("the message on `{topic}` is not text"))?;
        let json = if self.parse_json { serde_json::from_str(text).ok() } else { None };
        if self.parse_json && json.is_none() {
            tracing::warn!(
                "the message on `{topic}` is not JSON, so it is published as text: {text:.200}"
            );
        }
        let value = json.map_or_else(|| to_raw_value(text), Ok)?;
        Ok(BTreeMap::from([(topic.clone(), value)]))
    }

    /// Publishes on the remote broker.
    #[send(each = self.topic_mapping.actuators())]
    async fn publish(&self, remote: &Remote, topic: &str, value: Box<RawValue>) -> Result<()> {
        let json = value.get();
        let payload = serde_json::from_str(json).unwrap_or_else(|_| json.to_owned());
        remote.publish(topic, payload).await
    }
}

fn no_tls(text: &str) -> Result<String> {
    ensure!(
        text != "TRUE",
        "TLS is not supported: connect to a local broker that bridges to the remote one over TLS"
    );
    Ok(text.to_owned())
}

fn main() -> ExitCode {
    connector_runtime::main::<Bridge>()
}
