//! A `tcp_json` connector at work: broker, bus, device and connector.

use std::net::SocketAddr;

use rumqttc::QoS;
use serde_json::Value;

use super::{
    broker::Broker,
    bus::{Bus, Message},
    connector::{ConnectorProcess, Launch, NAME},
    device::{Device, DeviceLink},
    mosquitto::Mosquitto,
};

pub struct World {
    pub broker: Broker,
    pub bus: Bus,
    pub device: Device,
    pub link: DeviceLink,
    pub connector: ConnectorProcess,
}

impl World {
    /// Starts a connector without a datapoint map, and waits for it at the device.
    pub async fn start(broker: Broker) -> Self {
        Self::with(broker, |launch| launch).await
    }

    /// As [`start`](Self::start), with further settings.
    pub async fn with(broker: Broker, settings: impl FnOnce(Launch) -> Launch) -> Self {
        let bus = Bus::on(broker.port()).await;
        Self::of("tcp_json", broker, bus, settings).await
    }

    /// As [`with`](Self::with), for another program that connects to the same kind of device, and
    /// with a bus of one's own.
    pub async fn of(
        program: &str,
        broker: Broker,
        bus: Bus,
        settings: impl FnOnce(Launch) -> Launch,
    ) -> Self {
        let device = Device::start().await;
        let launch = Launch::program(program).named(NAME);
        let connector = settings(launch.broker(broker.port()).device(device.address())).start();
        let link = device.accept().await;
        Self { broker, bus, device, link, connector }
    }

    /// The last message of the start is the first heartbeat: all that comes later is news.
    pub async fn settle(&mut self) {
        self.bus.next("demo/heartbeat").await;
        for topic in ["demo/logs", "demo/available_datapoints"] {
            self.bus.skip(topic);
        }
    }

    /// Publishes a retained datapoint map.
    pub async fn publish_map(&mut self, map: &Value) {
        self.bus.publish("demo/datapoint_map", QoS::AtLeastOnce, true, map.to_string()).await;
    }

    /// Publishes a retained datapoint map, and waits until it is in force.
    pub async fn select(&mut self, map: &Value) {
        self.publish_map(map).await;
        self.log("are selected").await;
    }

    /// The device says something whose only new datapoint is `marker`: when that is announced, all
    /// before has been processed.
    pub async fn catch_up(&mut self, marker: &str) {
        self.link.say(&format!(r#"{{"{marker}":true}}"#)).await;
        let is_announced = |message: &Message| message.json()["sensor"].get(marker).is_some();
        self.bus.next_where("demo/available_datapoints", is_announced).await;
    }

    /// Waits for the next log message that contains this.
    pub async fn log(&mut self, part: &str) -> Message {
        let fits = |log: &Message| log.json()["msg"].as_str().is_some_and(|msg| msg.contains(part));
        self.bus.next_where("demo/logs", fits).await
    }

    /// Waits for the next log message that contains this, which must be of level 40.
    pub async fn error(&mut self, part: &str) {
        let log = self.log(part).await;
        assert_eq!(log.json()["level"], 40, "{log:?}");
    }

    /// The broker ends; waits until everybody has noticed.
    pub async fn outage(&mut self) {
        self.broker.stop().await;
        self.bus.lost().await;
        self.connector.stdout.line("lost the connection to the broker").await;
    }

    /// The broker is back, empty, and the bus listens before the connector can say anything.
    pub async fn recover(&mut self) {
        self.connector.pause().await;
        self.broker.start_again().await;
        self.bus.subscribed().await;
        self.connector.resume().await;
    }

    pub fn mosquitto(&self) -> &Mosquitto {
        self.broker.as_mosquitto().expect("the test has chosen it")
    }

    /// Stops the connector; everything it said must have been as the contract has it.
    pub async fn end(mut self) {
        self.bus.skip("demo/logs");
        self.connector.terminate().await.assert_clean();
        let is_last = |log: &Message| log.json()["msg"] == "Connector stopped.";
        self.bus.next_where("demo/logs", is_last).await;
        self.bus.assert_contract(NAME);
    }
}

/// A `tcp_json` connector called [`NAME`], for this broker and device.
pub fn launch(broker: u16, device: SocketAddr) -> Launch {
    let launch = Launch::program("tcp_json").named(NAME);
    launch.broker(broker).device(device)
}
