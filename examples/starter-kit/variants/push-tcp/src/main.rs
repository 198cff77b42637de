//! Receives JSON lines from a thermostat over TCP. Fill in the three numbered places for your device.

use connector_runtime::prelude::*;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Mutex,
};

/// A longer line, in bytes, ends the connection.
const MAX_LINE: u64 = 1 << 20;

// 1. The settings. Their doc comments become the help and the documents.
#[connector]
struct Thermostat {
    /// Address of the device, as host:port.
    #[arg(long, env = "DEVICE_ADDR", value_name = "HOST:PORT")]
    address: String,
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

/// The connection, whose two halves work at the same time.
struct Session {
    reader: Mutex<BufReader<OwnedReadHalf>>,
    writer: Mutex<OwnedWriteHalf>,
}

// 3. The device's protocol: how to receive its messages, parse them and send it commands.
#[connector]
impl Thermostat {
    #[connect]
    async fn open(&self) -> Result<Session> {
        let (reader, writer) = TcpStream::connect(&self.address).await?.into_split();
        Ok(Session { reader: Mutex::new(BufReader::new(reader)), writer: Mutex::new(writer) })
    }

    #[receive]
    async fn line(&self, session: &Session) -> Result<String> {
        let (mut reader, mut line) = (session.reader.lock().await, String::new());
        (&mut *reader).take(MAX_LINE).read_line(&mut line).await?;
        ensure!(line.ends_with('\n'), "the device closed the connection or sent too long a line");
        Ok(line)
    }

    #[parse]
    fn readings(raw: &str) -> Result<Readings> {
        serde_json::from_str(raw).context("cannot parse the line")
    }

    /// Sets the target room temperature.
    #[send("setpoint", unit = "°C", range = 5.0..=30.0)]
    async fn set(&self, session: &Session, celsius: f64) -> Result<()> {
        let line = format!("{{\"setpoint\":{celsius}}}\n");
        Ok(session.writer.lock().await.write_all(line.as_bytes()).await?)
    }
}

fn main() -> ExitCode {
    connector_runtime::main::<Thermostat>()
}

#[cfg(test)]
mod tests;
