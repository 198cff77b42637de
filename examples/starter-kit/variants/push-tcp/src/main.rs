//! Listens to a thermostat that sends JSON lines over TCP. Fill in the three places for a device of your own.

use connector_runtime::prelude::*;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Mutex,
};

/// A line of more bytes ends the connection.
const MAX_LINE: u64 = 1 << 20;

/// Connects a thermostat.
// 1. What is it, and which settings does it take? Their docs are the help.
#[connector]
struct Thermostat {
    /// Address of the device, as host:port.
    #[arg(long, env = "DEVICE_ADDR", value_name = "HOST:PORT")]
    address: String,
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

/// The connection: lines are read and written at the same time.
struct Session {
    reader: Mutex<BufReader<OwnedReadHalf>>,
    writer: Mutex<OwnedWriteHalf>,
}

// 3. How is it listened to, and told?
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
        ensure!(line.ends_with('\n'), "the device closed the connection, or a line is too long");
        Ok(line)
    }

    #[parse]
    fn readings(raw: &str) -> Result<Readings> {
        serde_json::from_str(raw).context("the line")
    }

    /// Sets what it aims at.
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
