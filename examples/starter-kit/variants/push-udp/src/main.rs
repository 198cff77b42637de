//! Receives JSON datagrams from a thermostat over UDP. Fill in the three numbered places for your device.

use std::net::SocketAddr;

use connector_runtime::prelude::*;
use tokio::net::UdpSocket;

/// No datagram is longer, in bytes.
const MAX_DATAGRAM: usize = 65_536;

// 1. The settings. Their doc comments become the help and the documents.
#[connector]
struct Thermostat {
    /// Address of the device, as host:port. Datagrams from other senders are ignored.
    #[arg(long, env = "DEVICE_ADDR", value_name = "HOST:PORT")]
    address: String,
    /// Address and port to receive its datagrams on.
    #[arg(long, env = "LISTEN_ADDR", value_name = "ADDRESS:PORT", default_value = "0.0.0.0:7090")]
    listen: SocketAddr,
}

/// The readings of one message.
// 2. The sensors: each field is one. The keys of nested fields are joined with `__`.
#[derive(Debug, PartialEq, Serialize, Deserialize, Datapoints)]
struct Readings {
    /// Measured room temperature.
    #[datapoint(unit = "°C", range = -20.0..=60.0)]
    temperature: f64,
    /// Target room temperature.
    #[datapoint(unit = "°C", range = 5.0..=30.0)]
    setpoint: f64,
}

// 3. The device's protocol: how to receive its messages, parse them and send it commands.
#[connector]
impl Thermostat {
    #[connect]
    async fn open(&self) -> Result<UdpSocket> {
        let listen = self.listen;
        let socket =
            UdpSocket::bind(listen).await.with_context(|| format!("cannot bind {listen}"))?;
        socket.connect(&self.address).await?;
        Ok(socket)
    }

    #[receive]
    async fn datagram(&self, socket: &UdpSocket) -> Result<Vec<u8>> {
        let mut datagram = vec![0; MAX_DATAGRAM];
        let length = socket.recv(&mut datagram).await?;
        datagram.truncate(length);
        Ok(datagram)
    }

    #[parse]
    fn readings(raw: &[u8]) -> Result<Readings> {
        serde_json::from_slice(raw).context("cannot parse the datagram")
    }

    /// Sets the target room temperature.
    #[send("setpoint", unit = "°C", range = 5.0..=30.0)]
    async fn set(&self, socket: &UdpSocket, celsius: f64) -> Result<()> {
        socket.send(format!("{{\"setpoint\":{celsius}}}").as_bytes()).await?;
        Ok(())
    }
}

fn main() -> ExitCode {
    connector_runtime::main::<Thermostat>()
}

#[cfg(test)]
mod tests;
