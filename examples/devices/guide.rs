//! The way to connect to a simulated device.

use std::net::Ipv4Addr;

use administrator::Order;
use connector_runtime::{BrokerListener, BusSettings, EmbeddedBroker, prelude::*};

/// How to connect to a running device.
pub(crate) struct Guide {
    /// The name of the connector on the bus.
    pub(crate) connector: &'static str,
    pub(crate) settings: Vec<(&'static str, String)>,
    /// The command that an administrator sends to it.
    pub(crate) order: Option<Order>,
}

impl Guide {
    /// Starts a broker, and an administrator on it.
    pub(crate) async fn administrate(&mut self, port: u16) -> Result<BrokerListener> {
        let broker = EmbeddedBroker::new().listen((Ipv4Addr::LOCALHOST, port)).await;
        let broker = broker.with_context(|| {
            format!("port {port} is taken: use the broker there, or choose `--broker=PORT`")
        })?;
        let address = broker.address();
        let mut settings = BusSettings::new(self.connector, address.ip().to_string());
        settings.mqtt_broker_port = address.port();
        administrator::start(&settings, self.order.take());
        println!("bus     a broker at {address}");
        if address.port() != 1883 {
            self.settings.push(("MQTT_BROKER_PORT", address.port().to_string()));
        }
        Ok(broker)
    }

    /// Returns the shell command that starts the connector.
    pub(crate) fn command_line(&self, example: &str) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._:/".contains(c);
        let settings = self.settings.iter().map(|(name, value)| {
            let quote = if value.chars().all(is_plain) { "" } else { "'" };
            format!("{name}={quote}{value}{quote} ")
        });
        format!("{}cargo run --example {example}", settings.collect::<String>())
    }
}
