//! The environment of the connector in the quickstart: a device, a broker, an administrator and a time limit.

use std::{net::SocketAddr, time::Duration};

use connector_runtime::{
    BrokerListener, BusSettings, EmbeddedBroker, Result,
    clap::{self, Parser},
};

use crate::room;

/// The setpoint that the administrator sends after some seconds, in °C.
const WARMER: f64 = 26.0;

/// Demonstrates a connector, on the broker `MQTT_BROKER_HOST` if that is set, and otherwise on an
/// embedded broker.
#[derive(Parser)]
struct Options {
    /// Stop after this many seconds. Without it, stop with Ctrl-C.
    #[arg(long = "for", value_name = "SECONDS")]
    seconds: Option<u64>,
    /// Host name or address of an MQTT broker to use.
    #[arg(long, env = "MQTT_BROKER_HOST")]
    mqtt_broker_host: Option<String>,
    /// TCP port of that broker.
    #[arg(long, env = "MQTT_BROKER_PORT", default_value_t = 1883)]
    mqtt_broker_port: u16,
}

/// The environment of one connector.
pub(crate) struct Demo {
    /// The address of the simulated device.
    pub(crate) device: SocketAddr,
    settings: BusSettings,
    seconds: Option<u64>,
    _broker: Option<BrokerListener>,
}

impl Demo {
    /// Starts everything but the connector.
    pub(crate) async fn start(name: &str) -> Result<Self> {
        let options = Options::parse();
        let mut settings = BusSettings::new(name, options.mqtt_broker_host.unwrap_or_default());
        settings.mqtt_broker_port = options.mqtt_broker_port;
        let mut broker = None;
        if settings.mqtt_broker_host.is_empty() {
            let listening = EmbeddedBroker::new().listen("127.0.0.1:0").await?;
            settings.mqtt_broker_host = listening.address().ip().to_string();
            settings.mqtt_broker_port = listening.address().port();
            broker = Some(listening);
        }
        println!("bus     {settings:?}");
        let device = room::serve().await?;
        println!("device  a room with a thermostat, as Modbus/TCP at {device}");
        administrator::start(&settings, ("room__setpoint", WARMER.into()));
        Ok(Self { device, settings, seconds: options.seconds, _broker: broker })
    }

    /// The settings of the bus for the connector.
    pub(crate) fn settings(&self) -> BusSettings {
        self.settings.clone()
    }

    /// Waits for Ctrl-C, or for the time limit.
    pub(crate) async fn end(&self) {
        let time = async {
            match self.seconds {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = time => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
}
