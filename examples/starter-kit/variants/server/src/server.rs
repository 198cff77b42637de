//! The devices that are connected: who they are, what they say, and how to tell them something.

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

/// A line of more bytes ends a connection.
const MAX_LINE: u64 = 1 << 20;

/// Lines that wait at most; who says more has to wait.
const WAITING: usize = 100;

/// What a device has said.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) station: String,
    pub(crate) text: String,
}

/// The devices that have told their names, and how to reach them.
#[derive(Default)]
pub(crate) struct Stations(Mutex<BTreeMap<String, Writer>>);

type Writer = Arc<AsyncMutex<OwnedWriteHalf>>;

/// Listens; ends when it is dropped.
pub(crate) struct Server {
    lines: AsyncMutex<mpsc::Receiver<Line>>,
    _task: Task,
}

impl Stations {
    pub(crate) fn names(&self) -> Vec<String> {
        self.all().keys().cloned().collect()
    }

    pub(crate) async fn tell(&self, station: &str, line: &str) -> Result<()> {
        let writer = self.all().get(station).cloned();
        let writer = writer.with_context(|| format!("`{station}` is not connected")).keep_session()?;
        let written = writer.lock().await.write_all(line.as_bytes()).await;
        written.with_context(|| format!("`{station}`")).keep_session()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Writer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    pub(crate) async fn listen(address: SocketAddr, stations: Arc<Stations>) -> Result<Self> {
        let listener = TcpListener::bind(address).await;
        let listener = listener.with_context(|| format!("cannot listen at {address}"))?;
        let (sender, lines) = mpsc::channel(WAITING);
        let task = Task::spawn(async move {
            loop {
                let (stream, from) = listener.accept().await?;
                let (sender, stations) = (sender.clone(), Arc::clone(&stations));
                tokio::spawn(async move {
                    if let Err(error) = serve(stream, sender, &stations).await {
                        tracing::warn!("the connection from {from} has ended: {error:#}");
                    }
                });
            }
        });
        Ok(Self { lines: AsyncMutex::new(lines), _task: task })
    }

    pub(crate) async fn next(&self) -> Result<Line> {
        self.lines.lock().await.recv().await.context("the server has ended")
    }
}

/// Hears one device out: its name, and then its readings.
async fn serve(stream: TcpStream, lines: mpsc::Sender<Line>, stations: &Stations) -> Result<()> {
    let (reader, writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    let station = line(&mut reader).await?.trim().to_owned();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    ensure!(!station.is_empty() && station.chars().all(is_plain), "{station:?} is no name");
    let writer = Arc::new(AsyncMutex::new(writer));
    stations.all().insert(station.clone(), Arc::clone(&writer));
    let ended = async {
        loop {
            let text = line(&mut reader).await?;
            lines.send(Line { station: station.clone(), text }).await?;
        }
    };
    let ended = ended.await;
    // Meanwhile it may have connected anew.
    let mut all = stations.all();
    if all.get(&station).is_some_and(|now| Arc::ptr_eq(now, &writer)) {
        all.remove(&station);
    }
    ended
}

async fn line(reader: &mut (impl AsyncBufReadExt + Unpin)) -> Result<String> {
    let mut line = String::new();
    reader.take(MAX_LINE).read_line(&mut line).await?;
    ensure!(line.ends_with('\n'), "it is closed, or a line is too long");
    Ok(line)
}
