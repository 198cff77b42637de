//! Simulated devices for the examples: one of them runs here, its connector in another terminal.
//!
//! `cargo run --example devices` lists them.
//! `cargo run --example devices -- keba_udp --broker` starts one, with everything that its connector needs.

mod keba_udp;
mod modbus_tcp;
mod mqtt_bridge;
mod ocpp_server;
mod solar_http;
mod tcp_json;

use std::net::{Ipv4Addr, SocketAddr};

use administrator::Order;
use clap::{Parser, ValueEnum};
use connector_runtime::{BrokerListener, BusSettings, EmbeddedBroker, prelude::*};
use tokio::net::TcpListener;

/// Simulates the device of an example, and prints the command that runs its connector in another terminal.
#[derive(Parser)]
struct Options {
    /// The device, by the name of its example. Without it, all devices are listed.
    #[arg(value_enum)]
    device: Option<Device>,
    /// Also run an MQTT broker, on this port (default 1883), and an administrator that selects all
    /// datapoints, prints the messages on the bus, and sends a command.
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "1883")]
    broker: Option<u16>,
    /// The port of the device, instead of its usual one; 0 selects a free one.
    #[arg(long)]
    port: Option<u16>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Device {
    /// Two rooms with thermostats, which push JSON lines over TCP
    TcpJson,
    /// A heat pump, which is polled over Modbus/TCP
    ModbusTcp,
    /// A photovoltaic plant, which is polled over HTTP
    SolarHttp,
    /// A charging station, which is polled and pushes over UDP
    KebaUdp,
    /// A charge point, which connects to its connector
    OcppServer,
    /// A plug that measures and switches, on its own MQTT broker
    MqttBridge,
}

/// How to connect to a running device.
struct Guide {
    /// The name of the connector on the bus.
    connector: &'static str,
    settings: Vec<(&'static str, String)>,
    /// The command that an administrator sends to it.
    order: Option<Order>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let Some(device) = options.device else {
        list();
        return Ok(());
    };
    let port = match options.port.unwrap_or(device.usual_port()) {
        0 => free_port().await?,
        port => port,
    };
    let started = device.start(port).await;
    let mut guide = started
        .with_context(|| format!("cannot use port {port}: choose another one with `--port`"))?;
    guide.settings.push(("MQTT_BROKER_HOST", "localhost".to_owned()));
    let mut broker = None;
    if let Some(port) = options.broker {
        broker = Some(guide.administrate(port).await?);
    }
    println!("\nIn another terminal run\n\n    {}\n", guide.command_line(device));
    if broker.is_none() {
        println!(
            "with a broker on this machine, or start this program with `--broker`. Stop it with Ctrl-C.\n"
        );
    }
    Ok(tokio::signal::ctrl_c().await?)
}

fn list() {
    println!("cargo run --example devices -- NAME --broker\n");
    for value in Device::value_variants().iter().filter_map(ValueEnum::to_possible_value) {
        println!("{:12} {}", value.get_name(), value.get_help().unwrap_or_default());
    }
}

async fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?.port())
}

impl Device {
    fn usual_port(self) -> u16 {
        match self {
            Self::TcpJson => 7777,
            Self::ModbusTcp => 5020,
            Self::SolarHttp => 8080,
            Self::KebaUdp => 7090,
            Self::OcppServer => 9000,
            Self::MqttBridge => 1884,
        }
    }

    async fn start(self, port: u16) -> Result<Guide> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        match self {
            Self::TcpJson => tcp_json::start(address).await,
            Self::ModbusTcp => modbus_tcp::start(address).await,
            Self::SolarHttp => solar_http::start(address).await,
            Self::KebaUdp => keba_udp::start(address).await,
            Self::OcppServer => Ok(ocpp_server::start(address)),
            Self::MqttBridge => mqtt_bridge::start(address).await,
        }
    }
}

impl Guide {
    /// Starts a broker, and an administrator on it.
    async fn administrate(&mut self, port: u16) -> Result<BrokerListener> {
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
    fn command_line(&self, device: Device) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._:/".contains(c);
        let settings = self.settings.iter().map(|(name, value)| {
            let quote = if value.chars().all(is_plain) { "" } else { "'" };
            format!("{name}={quote}{value}{quote} ")
        });
        let example = device.to_possible_value();
        let example = example.as_ref().map_or("", |example| example.get_name());
        format!("{}cargo run --example {example}", settings.collect::<String>())
    }
}

/// Returns a value that swings between -1 and 1 over time.
fn swing(step: u32) -> f64 {
    ((f64::from(step) / 5.0).sin() * 100.0).round() / 100.0
}
