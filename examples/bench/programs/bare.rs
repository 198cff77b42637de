//! A client with `rumqttc` alone: its asynchronous client, a task for its event loop, and typed readings.

use std::time::Duration;

use connector_runtime::{Result, Timestamp, anyhow};
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, NetworkOptions, Packet, QoS};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::setting::setting;
use crate::plant::{self, DATAPOINTS, Plant};

/// The maximum number of unacknowledged messages, the same as in a connector.
const WINDOW: u16 = 16;

#[tokio::main(flavor = "current_thread")]
pub(super) async fn run() -> Result<()> {
    let name = setting("CONNECTOR_NAME")?;
    let (host, port) = (setting("MQTT_BROKER_HOST")?, setting("MQTT_BROKER_PORT")?.parse()?);
    let mut options = MqttOptions::new(&name, host, port);
    options.set_inflight(WINDOW).set_keep_alive(Duration::from_secs(20));
    let (client, mut events) = AsyncClient::new(options, WINDOW.into());
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    events.set_network_options(network);
    client.subscribe(plant::setpoint(&name), QoS::ExactlyOnce).await?;
    let announcement = format!("{name}/available_datapoints");
    client.publish(announcement, QoS::AtLeastOnce, true, "{}").await?;
    while !matches!(events.poll().await?, Event::Incoming(Packet::SubAck(_))) {}
    let device = TcpStream::connect(setting("DEVICE_ADDR")?).await?;
    device.set_nodelay(true)?;
    let (reader, writer) = device.into_split();
    tokio::try_join!(drive(events, writer), publish(client, reader, name))?;
    Ok(())
}

/// Runs the event loop, and sends commands to the device.
async fn drive(mut events: EventLoop, mut device: OwnedWriteHalf) -> Result<()> {
    loop {
        if let Event::Incoming(Packet::Publish(command)) = events.poll().await? {
            let command: serde_json::Value = serde_json::from_slice(&command.payload)?;
            device.write_all(format!("{}\n", command["value"]).as_bytes()).await?;
        }
    }
}

/// Publishes the values of the device.
async fn publish(client: AsyncClient, device: OwnedReadHalf, name: String) -> Result<()> {
    let qos = if setting("MQTT_VALUE_QOS")? == "0" { QoS::AtMostOnce } else { QoS::AtLeastOnce };
    let topics: Vec<_> = (0..DATAPOINTS).map(|index| plant::topic(&name, index)).collect();
    let mut device = BufReader::new(device);
    let mut line = Vec::new();
    loop {
        line.clear();
        if device.read_until(b'\n', &mut line).await? == 0 {
            anyhow::bail!("the device closed the connection");
        }
        let plant: Plant = serde_json::from_slice(&line)?;
        let timestamp = Timestamp::now().as_millis();
        for (value, topic) in plant.values().zip(&topics) {
            let payload = format!(r#"{{"value":{value},"timestamp":{timestamp}}}"#);
            client.publish(topic, qos, true, payload).await?;
        }
    }
}
