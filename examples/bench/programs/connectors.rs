//! Typical connectors: one with typed readings, and one with readings of any shape.

use connector_runtime::prelude::*;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Mutex,
};

use crate::plant::Plant;

pub(super) fn typed() -> ExitCode {
    connector_runtime::main::<Typed>()
}

pub(super) fn dynamic() -> ExitCode {
    connector_runtime::main::<Dynamic>()
}

/// The approximate size of a line, in bytes.
const LINE: usize = 4096;

/// The connection with the device.
struct Session {
    reader: Mutex<BufReader<OwnedReadHalf>>,
    writer: Mutex<OwnedWriteHalf>,
}

impl Session {
    async fn open(device: &str) -> Result<Self> {
        let connection = TcpStream::connect(device).await?;
        connection.set_nodelay(true)?;
        let (reader, writer) = connection.into_split();
        Ok(Self { reader: Mutex::new(BufReader::new(reader)), writer: Mutex::new(writer) })
    }

    async fn line(&self) -> Result<Vec<u8>> {
        let mut line = Vec::with_capacity(LINE);
        self.reader.lock().await.read_until(b'\n', &mut line).await?;
        ensure!(!line.is_empty(), "the device closed the connection");
        Ok(line)
    }

    async fn set(&self, value: f64) -> Result<()> {
        Ok(self.writer.lock().await.write_all(format!("{value}\n").as_bytes()).await?)
    }
}

/// Its datapoints are known at compile time.
#[connector(name = "bench")]
struct Typed {
    #[arg(long, env = "DEVICE_ADDR")]
    device_addr: String,
}

#[connector]
impl Typed {
    #[connect]
    async fn open(&self) -> Result<Session> {
        Session::open(&self.device_addr).await
    }

    #[receive]
    async fn line(&self, session: &Session) -> Result<Vec<u8>> {
        session.line().await
    }

    #[parse]
    fn plant(raw: &[u8]) -> Result<Plant> {
        Ok(serde_json::from_slice(raw)?)
    }

    #[send("setpoint")]
    async fn set(&self, session: &Session, value: f64) -> Result<()> {
        session.set(value).await
    }
}

/// Its datapoints are discovered in messages.
#[connector(name = "bench")]
struct Dynamic {
    #[arg(long, env = "DEVICE_ADDR")]
    device_addr: String,
}

#[connector]
impl Dynamic {
    #[connect]
    async fn open(&self) -> Result<Session> {
        Session::open(&self.device_addr).await
    }

    #[receive]
    async fn line(&self, session: &Session) -> Result<Vec<u8>> {
        session.line().await
    }

    #[parse]
    fn object(raw: &[u8]) -> Result<Value> {
        Ok(serde_json::from_slice(raw)?)
    }

    #[send("setpoint")]
    async fn set(&self, session: &Session, value: f64) -> Result<()> {
        session.set(value).await
    }
}
