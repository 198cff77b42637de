//! A device that pushes: one JSON object per line over TCP, and commands as lines in the other
//! direction.
//!
//! ```text
//! device:    {"room_1":{"temperature":21.5}}
//! connector: {"set":"room_1__setpoint","value":22.0}
//! ```
//!
//! Try it with `nc -l 7777` as the device (or `cargo run --example devices -- tcp_json`) and any MQTT
//! broker:
//! `DEVICE_ADDR=localhost:7777 MQTT_BROKER_HOST=localhost cargo run --example tcp_json`

use connector_runtime::prelude::*;
use serde_json::value::RawValue;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Mutex,
};

/// The maximum length of a line in bytes; a longer one ends the connection.
const MAX_LINE: u64 = 1 << 20;

/// Connects a device that sends JSON lines over TCP.
#[connector(name = "tcp-json")]
struct TcpJson {
    /// Address of the device, as host:port.
    #[arg(long, env = "DEVICE_ADDR", value_name = "HOST:PORT")]
    device_addr: String,
}

/// The connection, whose two halves are used concurrently.
struct Session {
    reader: Mutex<BufReader<OwnedReadHalf>>,
    writer: Mutex<OwnedWriteHalf>,
}

#[connector]
impl TcpJson {
    /// Connects to the device. The runtime retries if this fails, and when the session has ended.
    #[connect]
    async fn open(&self) -> Result<Session> {
        let device = &self.device_addr;
        let connection =
            TcpStream::connect(device).await.with_context(|| format!("cannot reach {device}"))?;
        connection.set_nodelay(true)?;
        let (reader, writer) = connection.into_split();
        Ok(Session { reader: Mutex::new(BufReader::new(reader)), writer: Mutex::new(writer) })
    }

    /// Waits for the next line.
    #[receive]
    async fn line(&self, session: &Session) -> Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let mut reader = session.reader.lock().await;
        (&mut *reader).take(MAX_LINE).read_until(b'\n', &mut line).await?;
        if line.pop() != Some(b'\n') {
            bail!("the device closed the connection, or a line has more than {MAX_LINE} bytes");
        }
        let line = line.trim_ascii();
        Ok((!line.is_empty()).then(|| line.to_vec()))
    }

    /// Parses a line. Each member of the object is a sensor, or a group of sensors.
    #[parse]
    fn object(raw: &[u8]) -> Result<Box<RawValue>> {
        serde_json::from_slice(raw).context("the line is not JSON")
    }

    /// Sets the setpoint of a room, in °C.
    #[send("room_1__setpoint", "room_2__setpoint", example = 21.0)]
    async fn set(&self, session: &Session, key: &str, value: Box<RawValue>) -> Result<()> {
        let line = format!(r#"{{"set":"{key}","value":{value}}}"#);
        // JSON may be written over several lines; within text a line break is always escaped.
        let line = line.replace(['\r', '\n'], " ") + "\n";
        Ok(session.writer.lock().await.write_all(line.as_bytes()).await?)
    }
}

fn main() -> ExitCode {
    connector_runtime::main::<TcpJson>()
}
