//! A small administrator: prints the messages on the bus, selects every announced datapoint, and sends a
//! command after some seconds.

use std::{collections::BTreeMap, time::Duration};

use connector_runtime::{BusSettings, Timestamp};
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, Publish, QoS};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

const PATIENCE: Duration = Duration::from_secs(4);

/// The maximum size of a message, in bytes; a larger one ends the connection.
const MAX_PACKET: usize = 1 << 20;

/// An actuator, and the value to send to it.
pub type Order = (&'static str, Value);

#[derive(Deserialize)]
struct Available {
    sensor: BTreeMap<String, Value>,
    actuator: BTreeMap<String, Value>,
}

/// Starts the administrator of one connector.
pub fn start(settings: &BusSettings, order: impl Into<Option<Order>>) {
    let BusSettings { connector_name, mqtt_broker_host, mqtt_broker_port, .. } = settings.clone();
    let id = format!("administrator-of-{connector_name}");
    let mut options = MqttOptions::new(id, mqtt_broker_host, mqtt_broker_port);
    options.set_max_packet_size(MAX_PACKET, MAX_PACKET);
    let (client, events) = AsyncClient::new(options, 100);
    let (order, ids) = (order.into(), BTreeMap::new());
    let administrator = Administrator { name: connector_name, client, order, ids };
    tokio::spawn(administrator.run(events));
}

struct Administrator {
    name: String,
    client: AsyncClient,
    /// The command, until it is sent.
    order: Option<Order>,
    ids: BTreeMap<(&'static str, String), usize>,
}

impl Administrator {
    async fn run(mut self, mut events: EventLoop) {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    let all = format!("{}/#", self.name);
                    let _ = self.client.try_subscribe(all, QoS::AtLeastOnce);
                }
                Ok(Event::Incoming(Packet::Publish(message))) => self.see(&message),
                Ok(_) => {}
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    fn see(&mut self, message: &Publish) {
        println!("bus     {}  {}", message.topic, String::from_utf8_lossy(&message.payload));
        if message.topic == format!("{}/available_datapoints", self.name)
            && let Ok(available) = serde_json::from_slice(&message.payload)
        {
            self.select_all(available);
        }
    }

    /// Publishes a retained datapoint map that gives each datapoint its own topic.
    fn select_all(&mut self, Available { sensor, actuator }: Available) {
        let sensors: BTreeMap<_, _> =
            sensor.into_keys().map(|key| (key.clone(), self.topic_of("sensor", key))).collect();
        let actuators: BTreeMap<_, _> =
            actuator.into_keys().map(|key| (self.topic_of("actuator", key.clone()), key)).collect();
        let topic = format!("{}/datapoint_map", self.name);
        let map = json!({ "sensor": sensors, "actuator": actuators }).to_string();
        let _ = self.client.try_publish(topic, QoS::ExactlyOnce, true, map);
        let is_due = |(wanted, _): &mut Order| {
            !sensors.is_empty() && actuators.values().any(|key| key == wanted)
        };
        if let Some((key, value)) = self.order.take_if(is_due) {
            let topic = self.topic_of("actuator", key.to_owned());
            tokio::spawn(give(self.client.clone(), topic, value));
        }
    }

    fn topic_of(&mut self, kind: &'static str, key: String) -> String {
        let next = self.ids.len() + 1;
        let id = self.ids.entry((kind, key)).or_insert(next);
        format!("{}/messages/{id}/value", self.name)
    }
}

/// Sends a command.
async fn give(client: AsyncClient, topic: String, value: Value) {
    sleep(PATIENCE).await;
    let now = Timestamp::now().as_millis();
    let command = json!({ "value": value, "timestamp": now }).to_string();
    let _ = client.try_publish(topic, QoS::AtLeastOnce, false, command);
}
