//! The connector that is fed with bad inputs: a device that pushes JSON lines, and an actuator of
//! each kind. It tells the device what its methods get, one line each: `integer 42`.
//!
//! A line that is no JSON comes back in the error: what a device says ends up in the log.

use std::fmt::Debug;

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

/// A line of more bytes ends the connection.
const MAX_LINE: u64 = 1 << 20;

/// Takes commands of every kind.
#[connector(name = "every-kind")]
struct EveryKind {
    /// Address of the device, as host:port.
    #[arg(long, env = "DEVICE_ADDR")]
    device_addr: String,
}

struct Session {
    reader: Mutex<BufReader<OwnedReadHalf>>,
    writer: Mutex<OwnedWriteHalf>,
}

impl Session {
    async fn tell(&self, key: &str, value: impl Debug) -> Result<()> {
        let line = format!("{key} {value:?}\n");
        Ok(self.writer.lock().await.write_all(line.as_bytes()).await?)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Off,
    Slow,
    Fast,
}

#[connector]
impl EveryKind {
    #[connect]
    async fn open(&self) -> Result<Session> {
        let (reader, writer) = TcpStream::connect(&self.device_addr).await?.into_split();
        Ok(Session { reader: Mutex::new(BufReader::new(reader)), writer: Mutex::new(writer) })
    }

    #[receive]
    async fn line(&self, session: &Session) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        let mut reader = session.reader.lock().await;
        (&mut *reader).take(MAX_LINE).read_until(b'\n', &mut line).await?;
        ensure!(line.pop() == Some(b'\n'), "the device closed the connection, or its line is long");
        Ok(line)
    }

    #[parse]
    fn object(raw: &[u8]) -> Result<Box<RawValue>> {
        let text = String::from_utf8_lossy(raw);
        serde_json::from_slice(raw).with_context(|| format!("the device says {text}"))
    }

    #[send("number", range = -50.0..=100.0)]
    async fn number(&self, session: &Session, value: f64) -> Result<()> {
        session.tell("number", value).await
    }

    #[send("integer", range = 0..=100)]
    async fn integer(&self, session: &Session, value: u8) -> Result<()> {
        session.tell("integer", value).await
    }

    #[send("switch")]
    async fn switch(&self, session: &Session, value: bool) -> Result<()> {
        session.tell("switch", value).await
    }

    #[send("text", max_len = 8)]
    async fn text(&self, session: &Session, value: String) -> Result<()> {
        session.tell("text", value).await
    }

    #[send("list", max_len = 3)]
    async fn list(&self, session: &Session, value: Vec<i64>) -> Result<()> {
        session.tell("list", value).await
    }

    #[send("mode")]
    async fn mode(&self, session: &Session, value: Mode) -> Result<()> {
        session.tell("mode", value).await
    }

    #[send("level", one_of = [1, 2, 5])]
    async fn level(&self, session: &Session, value: u32) -> Result<()> {
        session.tell("level", value).await
    }

    #[send("small_number")]
    async fn small_number(&self, session: &Session, value: f32) -> Result<()> {
        session.tell("small_number", value).await
    }
}

fn main() -> ExitCode {
    connector_runtime::main::<EveryKind>()
}
