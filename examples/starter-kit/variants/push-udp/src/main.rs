//! Listens to a thermostat that sends datagrams over UDP. Fill in the three places for a device of your own.

use std::net::SocketAddr;

use connector_runtime::prelude::*;
use tokio::net::UdpSocket;

/// No datagram has more bytes.
const MAX_DATAGRAM: usize = 65_536;

/// Connects a thermostat.
// 1. What is it, and which settings does it take? Their docs are the help.
#[connector]
struct Thermostat {
    /// Address of the device, as host:port. What others send is ignored.
    #[arg(long, env = "DEVICE_ADDR", value_name = "HOST:PORT")]
    address: String,
    /// Address and port at which its datagrams arrive.
    #[arg(long, env = "LISTEN_ADDR", value_name = "ADDRESS:PORT", default_value = "0.0.0.0:7090")]
    listen: SocketAddr,
}

/// What it says.
// 2. What does it measure? Nested fields are joined with `__`.
#[derive(Debug, PartialEq, Serialize, Deserialize, Datapoints)]
struct Readings {
    /// Measured in the room.
    #[datapoint(unit = "°C", range = -20.0..=60.0)]
    temperature: f64,
    /// What it aims at.
    #[datapoint(unit = "°C", range = 5.0..=30.0)]
    setpoint: f64,
}

// 3. How is it listened to, and told?
#[connector]
impl Thermostat {
    #[connect]
    async fn open(&self) -> Result<UdpSocket> {
        let listen = self.listen;
        let socket = UdpSocket::bind(listen).await.with_context(|| format!("at {listen}"))?;
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
        serde_json::from_slice(raw).context("the datagram")
    }

    /// Sets what it aims at.
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
