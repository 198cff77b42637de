//! Intercepts the raw messages of a connector, which are then not processed.

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

/// A raw message as received.
pub(crate) struct Tapped<R> {
    /// The name of its source.
    pub(crate) source: String,
    pub(crate) raw: R,
    pub(crate) received: Timestamp,
}

/// A channel for raw messages. A source waits until its last message is taken.
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
    /// Returns the receiver of the raw messages to the first caller, and an empty one to others.
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
            // The receiver may have been dropped.
            let _ = self.with.sender.send(tapped).await;
        }
        Ok(None)
    }

    fn parse(&self, _: &C::Raw) -> Result<Option<()>> {
        Ok(None)
    }
}
