//! An MQTT 3.1.1 broker inside the process, for demonstrations and tests.
//!
//! The available embeddable broker, `rumqttd` 0.20, does not fit: it adds 190 crates to a build,
//! delivers messages of QoS 0 to subscriptions of QoS 2 with QoS 2 instead of the lower of both (MQTT
//! 3.1.1, section 3.8.4), cannot be stopped, and does not run in memory on a paused clock, as tests need
//! it.

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

/// The buffer size in bytes for each direction of a connection in memory.
const PIPE_BYTES: usize = 64 * 1024;

/// An MQTT 3.1.1 broker inside the process, for demonstrations and tests.
///
/// It is not for production: it checks no passwords, keeps everything in memory (retained messages
/// without a limit), and forgets a client that disconnects. A CONNECT with `clean_session = false` is
/// treated as `true`, and answered with `session_present = false`.
///
/// It supports the rest of MQTT 3.1.1: every quality of service, retained messages, wildcards, wills and
/// keep-alive. Packets may have up to 16 MiB. A client that violates the protocol, or for which more than
/// 64 MiB wait, is disconnected.
///
/// A clone refers to the same broker. Connections stay open when the last handle is dropped.
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
    /// Creates a broker without messages and connections.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a connection in memory. The stream carries MQTT, beginning with your CONNECT packet.
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime, which runs the task of the connection.
    #[must_use]
    pub fn connect(&self) -> DuplexStream {
        let (client, server) = tokio::io::duplex(PIPE_BYTES);
        tokio::spawn(Connection::new(self.router.clone()).serve(server));
        client
    }

    /// Serves TCP clients on an address until the [`BrokerListener`] is dropped. Port 0 selects a free
    /// port.
    ///
    /// # Errors
    ///
    /// Fails if the address cannot be bound, for example because it is in use.
    pub async fn listen(&self, address: impl ToSocketAddrs) -> io::Result<BrokerListener> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(accept(listener, self.router.clone(), stopped));
        Ok(BrokerListener { address, stop, task })
    }

    /// Returns the number of clients that are subscribed to a topic.
    #[cfg(feature = "testing")]
    pub(crate) fn listeners(&self, topic: &str) -> usize {
        self.router.lock().listeners(topic)
    }

    /// Closes all connections without DISCONNECT, like a broken cable.
    pub fn disconnect_all(&self) {
        self.router.lock().detach_all();
    }

    /// Deletes all retained messages, like a restart without persistence.
    pub fn forget_retained(&self) {
        self.router.lock().forget_retained();
    }
}

/// Serves the TCP clients of an [`EmbeddedBroker`]. Dropping it closes the port and the connections in
/// the background; [`stop`](Self::stop) waits for that.
#[derive(Debug)]
#[must_use = "dropping it closes the TCP port"]
pub struct BrokerListener {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl BrokerListener {
    /// Returns the address of the broker, with the actual port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and waits until the address is free and all TCP connections are closed.
    pub async fn stop(self) {
        drop(self.stop);
        // An error means that the runtime is shutting down, which closes everything as well.
        let _ = self.task.await;
    }
}
