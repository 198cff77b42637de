//! The central system: accepts charge points and keeps them by their id.

use std::{sync::Arc, time::Duration};

use connector_runtime::prelude::*;
use serde_json::Value;
use tokio::{
    net::{TcpListener, ToSocketAddrs},
    sync::{Mutex, mpsc, oneshot},
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    connection,
    message::{Message, Question},
    protocol::Frame,
    stations::{Stations, split},
};

/// The number of messages that may wait before the server stops reading from charge points.
const WAITING: usize = 1000;

/// The pause after a failure to accept a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// A listening central system; dropping it closes all connections.
pub(crate) struct Server {
    messages: Mutex<mpsc::Receiver<Message>>,
    stations: Arc<Stations>,
    patience: Duration,
    _accepting: JoinSet<()>,
}

impl Server {
    /// Starts to listen. `patience` limits the time for an answer.
    pub(crate) async fn listen(
        address: impl ToSocketAddrs,
        stations: Arc<Stations>,
        patience: Duration,
    ) -> Result<Self> {
        let listener = TcpListener::bind(address).await.context("cannot listen on OCPP_PORT")?;
        let (sender, messages) = mpsc::channel(WAITING);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::clone(&stations), sender));
        Ok(Self { messages: Mutex::new(messages), stations, patience, _accepting: accepting })
    }

    /// Waits for the next event of a charge point.
    pub(crate) async fn next(&self) -> Result<Message> {
        self.messages.lock().await.recv().await.context("the central system has ended")
    }

    /// Sends a request to the charge point of a connector. Any answer other than `Accepted` is an error, which
    /// keeps the session.
    pub(crate) async fn ask(
        &self,
        connector: &str,
        action: &'static str,
        payload: impl FnOnce(u64) -> Result<Value>,
    ) -> Result<()> {
        let asked = async {
            let (station, number) = split(connector)?;
            let answer = timeout(self.patience, self.answer(station, action, payload(number)?));
            match answer.await.with_context(|| format!("{station} does not answer {action}"))?? {
                Frame::Result { payload, .. } if payload["status"] == "Accepted" => Ok(()),
                Frame::Result { payload, .. } => bail!("{station} answers {action} with {payload}"),
                frame => bail!("{station} answers {action} with {frame:?}"),
            }
        };
        asked.await.keep_session()
    }

    async fn answer(&self, station: &str, action: &'static str, payload: Value) -> Result<Frame> {
        let (answer, answered) = oneshot::channel();
        self.stations.ask(station, Question { action, payload, answer }).await?;
        answered.await.with_context(|| format!("{station} went away"))
    }
}

/// Accepts charge points until the task is aborted, which closes their connections as well.
async fn accept(listener: TcpListener, stations: Arc<Stations>, messages: mpsc::Sender<Message>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let (stations, messages) = (Arc::clone(&stations), messages.clone());
                    connections.spawn(async move {
                        if let Err(error) = connection::serve(stream, &stations, &messages).await {
                            tracing::warn!("the connection of {peer} ends: {error:#}");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!("a charge point cannot connect: {error}");
                    sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
