//! An MQTT 3.1.1 broker inside the process, for demonstrations and tests.
//!
//! Its own, as the one there is to embed (`rumqttd` 0.20) adds 190 crates to a build, hands a
//! message of quality of service 0 out with 2 where the lower of both is due (section 3.8.4 of the
//! standard), and cannot be stopped. Tests need one in memory anyway, on a clock that can be
//! paused.

mod client_state;
mod outbound;
mod router;
mod server;
#[cfg(test)]
mod tests;
mod topics;
mod wire;

use std::{io, net::SocketAddr};

use tokio::{
    io::DuplexStream,
    net::{TcpListener, ToSocketAddrs},
    sync::oneshot,
    task::JoinHandle,
};

use server::{Connection, SharedRouter, accept};

/// How many bytes may be on their way in each direction of a connection within the process.
const PIPE_BYTES: usize = 64 * 1024;

/// An MQTT 3.1.1 broker inside the process, for demonstrations and tests.
///
/// Not for production: it asks nobody for a password, keeps everything in memory (retained
/// messages without a limit), and forgets a client that disconnects: it treats
/// `clean_session = false` as `true`, and says so in its answer (`session_present = false`).
///
/// All the rest of MQTT 3.1.1 is there: every quality of service, retained messages, wildcards,
/// wills, keep-alive. A client that breaks the protocol, or for which more than 64 MiB wait, is
/// cut; packets may have up to 16 MiB.
///
/// A clone is the same broker. Connections go on when the last handle is dropped.
///
/// ```no_run
/// # async fn run() -> std::io::Result<()> {
/// let broker = connector_runtime::EmbeddedBroker::new();
/// let listening = broker.listen("127.0.0.1:1883").await?;
/// println!("mosquitto_sub -p {} -t '#' -v", listening.address().port());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct EmbeddedBroker {
    router: SharedRouter,
}

impl EmbeddedBroker {
    /// A broker without messages and connections.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Connects to it within the process; the stream wants to be spoken MQTT to.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, as a task of it serves the connection.
    #[must_use]
    pub fn connect(&self) -> DuplexStream {
        let (client, server) = tokio::io::duplex(PIPE_BYTES);
        tokio::spawn(Connection::new(self.router.clone()).serve(server));
        client
    }

    /// Serves TCP clients on an address (port 0: a free one) until [`BrokerListener`] is dropped.
    pub async fn listen(&self, address: impl ToSocketAddrs) -> io::Result<BrokerListener> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(accept(listener, self.router.clone(), stopped));
        Ok(BrokerListener { address, stop, task })
    }

    /// How many clients would get a message on a topic.
    #[cfg(feature = "testing")]
    pub(crate) fn listeners(&self, topic: &str) -> usize {
        self.router.lock().listeners(topic)
    }

    /// Cuts all connections without a goodbye, as a broken cable does.
    pub fn disconnect_all(&self) {
        self.router.lock().detach_all();
    }

    /// Forgets all retained messages, as a restart without persistence does.
    pub fn forget_retained(&self) {
        self.router.lock().forget_retained();
    }
}

/// Serves TCP clients of an [`EmbeddedBroker`]; dropping it stops that and closes their
/// connections, as soon as the runtime gets to it.
#[derive(Debug)]
#[must_use = "dropping it stops the serving of TCP clients"]
pub struct BrokerListener {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl BrokerListener {
    /// Where clients find the broker.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops, and waits until the address is free and all its connections are closed.
    pub async fn stop(self) {
        drop(self.stop);
        // An error would say that the runtime is shutting down, which closes everything too.
        let _ = self.task.await;
    }
}
