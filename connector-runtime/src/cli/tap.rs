//! Listens to the device of a connector: raw messages are handed out, and not processed.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::mpsc;

use crate::{
    cli::around::Around,
    connector::{Connector, Source},
    error::Result,
    time::Timestamp,
};

/// A raw message as it has come.
pub(crate) struct Tapped<R> {
    /// The name of its source.
    pub(crate) source: String,
    pub(crate) raw: R,
    pub(crate) received: Timestamp,
}

/// Where raw messages go. A source waits until its last one was taken.
pub(crate) struct Tap<R> {
    sender: mpsc::Sender<Tapped<R>>,
    receiver: Mutex<Option<mpsc::Receiver<Tapped<R>>>>,
}

impl<R> Default for Tap<R> {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(1);
        Self { sender, receiver: Mutex::new(Some(receiver)) }
    }
}

impl<R> Tap<R> {
    /// The raw messages, for the first who asks.
    pub(crate) fn messages(&self) -> mpsc::Receiver<Tapped<R>> {
        let mut receiver = self.receiver.lock().unwrap_or_else(PoisonError::into_inner);
        receiver.take().unwrap_or_else(|| mpsc::channel(1).1)
    }
}

impl<C: Connector> Connector for Around<C, Tap<C::Raw>> {
    type Session = C::Session;
    type Raw = C::Raw;
    type Readings = ();

    fn sources(&self) -> Vec<Source> {
        self.connector.sources()
    }

    async fn connect(&self) -> Result<C::Session> {
        self.connector.connect().await
    }

    fn connect_timeout(&self) -> Duration {
        self.connector.connect_timeout()
    }

    async fn receive(&self, session: &C::Session, source: usize) -> Result<Option<C::Raw>> {
        if let Some(raw) = self.connector.receive(session, source).await? {
            let source = self.connector.sources().get(source).map(|it| it.name().to_owned());
            let source = source.unwrap_or_default();
            let tapped = Tapped { source, raw, received: Timestamp::now() };
            // Who took the last one may have left.
            let _ = self.with.sender.send(tapped).await;
        }
        Ok(None)
    }

    fn parse(&self, _: &C::Raw) -> Result<Option<()>> {
        Ok(None)
    }
}
