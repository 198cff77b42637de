//! A TCP server for devices: accepts connections, receives lines and sends lines to a device by its name.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use connector_runtime::{Task, prelude::*};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream, tcp::OwnedWriteHalf},
    sync::{Mutex as AsyncMutex, mpsc},
};

/// A longer line, in bytes, ends the connection.
const MAX_LINE: u64 = 1 << 20;

/// At most this many lines wait to be parsed; further reads wait for room.
const QUEUE: usize = 100;

/// A line that a device has sent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) station: String,
    pub(crate) text: String,
}

/// The connected devices by name.
#[derive(Default)]
pub(crate) struct Stations(Mutex<BTreeMap<String, Writer>>);

type Writer = Arc<AsyncMutex<OwnedWriteHalf>>;

/// The server; dropping it closes the listener.
pub(crate) struct Server {
    lines: AsyncMutex<mpsc::Receiver<Line>>,
    _task: Task,
}

impl Stations {
    pub(crate) fn names(&self) -> Vec<String> {
        self.all().keys().cloned().collect()
    }

    pub(crate) async fn send(&self, station: &str, line: &str) -> Result<()> {
        let writer = self.all().get(station).cloned();
        let writer =
            writer.with_context(|| format!("`{station}` is not connected")).keep_session()?;
        let written = writer.lock().await.write_all(line.as_bytes()).await;
        written.with_context(|| format!("cannot write to `{station}`")).keep_session()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Writer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    pub(crate) async fn listen(address: SocketAddr, stations: Arc<Stations>) -> Result<Self> {
        let listener = TcpListener::bind(address).await;
        let listener = listener.with_context(|| format!("cannot listen on {address}"))?;
        let (sender, lines) = mpsc::channel(QUEUE);
        let task = Task::spawn(async move {
            loop {
                let (stream, from) = listener.accept().await?;
                let (sender, stations) = (sender.clone(), Arc::clone(&stations));
                tokio::spawn(async move {
                    if let Err(error) = serve(stream, sender, &stations).await {
                        tracing::warn!("connection from {from} closed: {error:#}");
                    }
                });
            }
        });
        Ok(Self { lines: AsyncMutex::new(lines), _task: task })
    }

    pub(crate) async fn next(&self) -> Result<Line> {
        self.lines.lock().await.recv().await.context("the server has stopped")
    }
}

/// Serves one device: its first line is its name, every later line its readings.
async fn serve(stream: TcpStream, lines: mpsc::Sender<Line>, stations: &Stations) -> Result<()> {
    let (reader, writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    let station = line(&mut reader).await?.trim().to_owned();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_valid = !station.is_empty() && station.chars().all(is_plain);
    ensure!(is_valid, "{station:?} is not a valid name: use a-z, A-Z, 0-9 and _");
    let writer = Arc::new(AsyncMutex::new(writer));
    stations.all().insert(station.clone(), Arc::clone(&writer));
    let ended = async {
        loop {
            let text = line(&mut reader).await?;
            lines.send(Line { station: station.clone(), text }).await?;
        }
    };
    let ended = ended.await;
    // The device may have reconnected, and then the entry belongs to the new connection.
    let mut all = stations.all();
    if all.get(&station).is_some_and(|now| Arc::ptr_eq(now, &writer)) {
        all.remove(&station);
    }
    ended
}

async fn line(reader: &mut (impl AsyncBufReadExt + Unpin)) -> Result<String> {
    let mut line = String::new();
    reader.take(MAX_LINE).read_line(&mut line).await?;
    ensure!(line.ends_with('\n'), "the device closed the connection or sent too long a line");
    Ok(line)
}
