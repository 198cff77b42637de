//! Simulated devices for the examples: one of them runs here, its connector in another terminal.
//!
//! `cargo run --example devices` lists them.
//! `cargo run --example devices -- keba_udp --broker` starts one, with everything that its connector needs.

mod guide;
mod keba_udp;
mod modbus_tcp;
mod mqtt_bridge;
mod ocpp_server;
mod solar_http;
mod swing;
mod tcp_json;

use std::net::{Ipv4Addr, SocketAddr};

use clap::{Parser, ValueEnum};
use connector_runtime::prelude::*;
use tokio::net::TcpListener;

use crate::guide::Guide;

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
    let value = device.to_possible_value();
    let example = value.as_ref().map_or("", |value| value.get_name());
    println!("\nIn another terminal run\n\n    {}\n", guide.command_line(example));
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
