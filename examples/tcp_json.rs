//! A device that pushes: one JSON object a line over TCP, and commands as lines the other way.
//!
//! ```text
//! device:    {"room_1":{"temperature":21.5}}
//! connector: {"set":"room_1__setpoint","value":22.0}
//! ```
//!
//! Try it with `nc -l 7777` as the device and any MQTT broker:
//! `DEVICE_ADDR=localhost:7777 MQTT_BROKER_HOST=localhost cargo run --example tcp_json`

use connector_runtime::prelude::*;
use serde_json::value::RawValue;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, ReadHalf, WriteHalf, split},
    net::TcpStream,
    sync::Mutex,
};

/// A line of more bytes ends the connection.
const MAX_LINE: u64 = 8 << 20;

/// Connects a device that sends JSON lines over TCP.
#[connector(name = "tcp-json")]
struct TcpJson {
    /// Address of the device, as host:port.
    #[arg(long, env = "DEVICE_ADDR", value_name = "HOST:PORT")]
    device_addr: String,
    #[arg(skip)]
    reader: Mutex<Option<BufReader<ReadHalf<TcpStream>>>>,
    #[arg(skip)]
    writer: Mutex<Option<WriteHalf<TcpStream>>>,
}

#[connector]
impl TcpJson {
    /// Waits for the next line; connects first where there is no connection.
    #[receive]
    async fn line(&self) -> Result<Option<Vec<u8>>> {
        let mut reader = self.reader.lock().await;
        if reader.is_none() {
            *reader = Some(self.connect().await?);
        }
        let mut line = Vec::new();
        let device = reader.as_mut().context("just connected")?;
        let read = device.take(MAX_LINE).read_until(b'\n', &mut line).await;
        if line.pop() != Some(b'\n') {
            (*reader, *self.writer.lock().await) = (None, None);
            read.context("the connection to the device broke")?;
            bail!("the device closed the connection, or a line has more than {MAX_LINE} bytes");
        }
        let line = line.trim_ascii();
        Ok((!line.is_empty()).then(|| line.to_vec()))
    }

    /// Each member of the object is a sensor, or a group of them.
    #[parse]
    fn object(raw: &[u8]) -> Result<Box<RawValue>> {
        serde_json::from_slice(raw).context("the line is no JSON")
    }

    /// Setpoint of the first room, in °C.
    #[send("room_1__setpoint", example = 21.0)]
    async fn set_room_1(&self, value: Box<RawValue>) -> Result<()> {
        self.set("room_1__setpoint", &value).await
    }

    /// Setpoint of the second room, in °C.
    #[send("room_2__setpoint", example = 21.0)]
    async fn set_room_2(&self, value: Box<RawValue>) -> Result<()> {
        self.set("room_2__setpoint", &value).await
    }

    async fn connect(&self) -> Result<BufReader<ReadHalf<TcpStream>>> {
        let device = &self.device_addr;
        let connection =
            TcpStream::connect(device).await.with_context(|| format!("cannot reach {device}"))?;
        connection.set_nodelay(true)?;
        let (reader, writer) = split(connection);
        *self.writer.lock().await = Some(writer);
        Ok(BufReader::new(reader))
    }

    async fn set(&self, key: &str, value: &RawValue) -> Result<()> {
        let mut writer = self.writer.lock().await;
        let device = writer.as_mut().context("there is no connection to the device")?;
        let line = format!(r#"{{"set":"{key}","value":{value}}}"#);
        // JSON may be written over several lines; within text a line break is always escaped.
        let line = line.replace(['\r', '\n'], " ") + "\n";
        Ok(device.write_all(line.as_bytes()).await?)
    }
}

fn main() -> ExitCode {
    connector_runtime::main::<TcpJson>()
}
