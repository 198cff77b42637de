//! A plug that measures and switches, on its own MQTT broker.

#[path = "../mqtt_bridge/simulator.rs"]
mod simulator;

use std::net::SocketAddr;

use connector_runtime::prelude::*;
use serde_json::json;
use tokio::time::interval;

use crate::{guide::Guide, swing::swing};
use simulator::Devices;

pub(crate) async fn start(address: SocketAddr) -> Result<Guide> {
    let devices = Devices::start(address).await?;
    let address = devices.broker.address();
    println!("device  a plug, on an MQTT broker at {address}");
    tokio::spawn(measure(devices));
    let topics = json!({
        "sensor_topics": {"plug/+": {}},
        "actuator_topics": {"set/relay": {"example_value": "ON"}},
    });
    Ok(Guide {
        connector: "mqtt-connector",
        settings: vec![
            ("REMOTE_MQTT_BROKER_HOST", address.ip().to_string()),
            ("REMOTE_MQTT_BROKER_PORT", address.port().to_string()),
            ("REMOTE_MQTT_BROKER_TOPIC_MAPPING", topics.to_string()),
        ],
        order: Some(("set/relay", json!("OFF"))),
    })
}

async fn measure(mut devices: Devices) {
    let mut seconds = interval(Duration::from_secs(1));
    let (mut step, mut relay) = (0, "ON".to_owned());
    loop {
        tokio::select! {
            Some((topic, payload)) = devices.commands.recv() => {
                println!("device  {topic}: {payload}");
                relay = payload;
            }
            _ = seconds.tick() => {
                step += 1;
                let watts = if relay == "ON" { 60.0 + 5.0 * swing(step) } else { 0.0 };
                devices.publish("plug/power", watts.to_string(), false).await;
                devices.publish("plug/relay", relay.clone(), false).await;
            }
        }
    }
}
