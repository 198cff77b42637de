//! Transfers bytes between streams and the router.

use std::{
    convert::Infallible,
    future::pending,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::{JoinSet, yield_now},
    time::{Instant, sleep, sleep_until, timeout},
};
use tracing::debug;

use crate::mqtt::embedded::{
    client_state::Close,
    router::{Key, Router},
    wire,
};

/// How many bytes are read at once.
const READ_BYTES: usize = 64 * 1024;

/// How long a client may take to read the last packets before its connection is closed.
const GOODBYE: Duration = Duration::from_secs(1);

/// The pause after an error of `accept`, such as too many open files.
const BREATHER: Duration = Duration::from_millis(100);

/// The router that all connections share. The lock is never held across an await.
#[derive(Clone, Default)]
pub(super) struct SharedRouter(Arc<Mutex<Router>>);

impl SharedRouter {
    pub(super) fn lock(&self) -> MutexGuard<'_, Router> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection. Dropping it removes it from the router.
pub(super) struct Connection {
    router: SharedRouter,
    key: Key,
    notes: mpsc::Receiver<()>,
    /// The time at which the client will have been silent for too long.
    deadline: Option<Instant>,
}

impl Connection {
    pub(super) fn new(router: SharedRouter) -> Self {
        let mut routing = router.lock();
        let (key, notes) = routing.attach();
        let deadline = deadline(&routing, key);
        drop(routing);
        Self { router, key, notes, deadline }
    }

    /// Serves the client until the connection ends.
    pub(super) async fn serve(mut self, io: impl AsyncRead + AsyncWrite + Unpin) {
        let (mut reader, mut writer) = split(io);
        let mut outgoing = BytesMut::new();
        let Err(Close(reason)) = self.converse(&mut reader, &mut writer, &mut outgoing).await;
        debug!("the embedded broker closed a connection: {reason}");
        // The router comes first, because it may have a will to publish.
        let rest = self.router.lock().detach(self.key);
        outgoing.extend_from_slice(&rest);
        // The client may have gone already.
        let _ = timeout(GOODBYE, writer.write_all(&outgoing)).await;
    }

    /// Reads and writes concurrently, because a client may stop reading while it writes, or the other way
    /// round. After a write is complete, the next one sends everything that is ready by then.
    async fn converse(
        &mut self,
        reader: &mut (impl AsyncRead + Unpin),
        writer: &mut (impl AsyncWrite + Unpin),
        outgoing: &mut BytesMut,
    ) -> Result<Infallible, Close> {
        let mut incoming = BytesMut::new();
        loop {
            incoming.reserve(READ_BYTES);
            // For a long packet the buffer has far more free space.
            let mut reader = (&mut *reader).take(READ_BYTES as u64);
            tokio::select! {
                read = reader.read_buf(&mut incoming) => {
                    ensure_some(&read)?;
                    self.receive(&mut incoming)?;
                    // Lets the receivers of these messages run before more are read.
                    yield_now().await;
                }
                written = writer.write_buf(outgoing), if !outgoing.is_empty() => {
                    ensure_some(&written)?;
                }
                note = self.notes.recv() => if note.is_none() {
                    outgoing.clear();
                    return Err(Close("closed by the broker"));
                },
                () = reached(self.deadline) => return Err(Close("client was silent for too long")),
            }
            if outgoing.is_empty() {
                *outgoing = self.router.lock().output(self.key);
            }
        }
    }

    /// Handles all complete packets.
    fn receive(&mut self, incoming: &mut BytesMut) -> Result<(), Close> {
        let mut router = self.router.lock();
        while let Some(packet) = wire::decode(incoming)? {
            router.packet(self.key, packet)?;
            self.deadline = deadline(&router, self.key);
        }
        Ok(())
    }
}

impl Drop for Connection {
    /// Runs also when the task is aborted.
    fn drop(&mut self) {
        self.router.lock().detach(self.key);
    }
}

/// Treats zero bytes and errors as the end of the stream.
fn ensure_some(transferred: &io::Result<usize>) -> Result<(), Close> {
    match transferred {
        Ok(0) | Err(_) => Err(Close("end of the stream")),
        Ok(_) => Ok(()),
    }
}

fn deadline(router: &Router, key: Key) -> Option<Instant> {
    router.patience(key).map(|patience| Instant::now() + patience)
}

async fn reached(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}

/// Accepts connections until `stop` is dropped, and then closes them all.
pub(super) async fn accept(
    listener: TcpListener,
    router: SharedRouter,
    stop: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    tokio::select! {
        _ = stop => {}
        () = accept_into(&mut connections, &listener, &router) => {}
    }
    drop(listener);
    connections.shutdown().await;
}

async fn accept_into(connections: &mut JoinSet<()>, listener: &TcpListener, router: &SharedRouter) {
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // An optimization; if it fails, small packets arrive later.
                    let _ = stream.set_nodelay(true);
                    connections.spawn(Connection::new(router.clone()).serve(stream));
                }
                // The client has gone already, or the process has too many open files.
                Err(_) => sleep(BREATHER).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use rumqttc::mqttbytes::{
        QoS,
        v4::{Connect, LastWill, Packet, Publish, Subscribe},
    };
    use tokio::io::DuplexStream;

    use super::*;
    use crate::mqtt::embedded::EmbeddedBroker;

    /// A client that sends only the given packets.
    struct Client {
        stream: DuplexStream,
        incoming: BytesMut,
    }

    impl Client {
        async fn connected(broker: &EmbeddedBroker, connect: Connect) -> Self {
            let mut client = Self { stream: broker.connect(), incoming: BytesMut::new() };
            client.send(&[Packet::Connect(connect)]).await;
            assert!(matches!(client.next().await, Some(Packet::ConnAck(_))));
            client
        }

        async fn send(&mut self, packets: &[Packet]) {
            let mut bytes = BytesMut::new();
            for packet in packets {
                packet.write(&mut bytes, usize::MAX).expect("it is small");
            }
            self.stream.write_all(&bytes).await.expect("the broker reads");
        }

        async fn subscribe(&mut self, filter: &str) {
            let subscribe = Subscribe { pkid: 1, ..Subscribe::new(filter, QoS::AtMostOnce) };
            self.send(&[Packet::Subscribe(subscribe)]).await;
            assert!(matches!(self.next().await, Some(Packet::SubAck(_))));
        }

        /// The next packet; `None` when the broker closed the connection.
        async fn next(&mut self) -> Option<Packet> {
            loop {
                if let Ok(packet) = Packet::read(&mut self.incoming, usize::MAX) {
                    return Some(packet);
                }
                if self.stream.read_buf(&mut self.incoming).await.ok()? == 0 {
                    return None;
                }
            }
        }
    }

    fn keeping_alive(keep_alive: u16) -> Connect {
        Connect { keep_alive, ..Connect::new("") }
    }

    fn message(payload: &str) -> Packet {
        Packet::Publish(Publish::new("a", QoS::AtMostOnce, payload))
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_may_be_silent_for_one_and_a_half_keep_alives() {
        let broker = EmbeddedBroker::new();
        let mut client = Client::connected(&broker, keeping_alive(10)).await;
        let start = Instant::now();
        sleep(Duration::from_secs(14)).await;
        client.send(&[Packet::PingReq]).await;
        assert_eq!(client.next().await, Some(Packet::PingResp));
        assert_eq!(client.next().await, None);
        assert_eq!(start.elapsed().as_secs(), 14 + 15);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_without_keep_alive_may_be_silent_forever() {
        let broker = EmbeddedBroker::new();
        let mut client = Client::connected(&broker, keeping_alive(0)).await;
        sleep(Duration::from_secs(1_000_000)).await;
        client.send(&[Packet::PingReq]).await;
        assert_eq!(client.next().await, Some(Packet::PingResp));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_connect_ends() {
        let mut stream = EmbeddedBroker::new().connect();
        let start = Instant::now();
        assert_eq!(stream.read(&mut [0]).await.ok(), Some(0));
        assert_eq!(start.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn disconnecting_all_closes_stuck_connections_too() {
        let broker = EmbeddedBroker::new();
        let mut stuck = Client::connected(&broker, keeping_alive(0)).await;
        stuck.subscribe("a").await;
        let mut idle = Client::connected(&broker, keeping_alive(0)).await;
        let mut unconnected = broker.connect();
        idle.send(&[message(&"x".repeat(2 * 64 * 1024)), Packet::PingReq]).await;
        assert_eq!(idle.next().await, Some(Packet::PingResp));
        let start = Instant::now();
        broker.disconnect_all();
        assert_eq!(idle.next().await, None);
        assert_eq!(stuck.next().await, None);
        assert_eq!(unconnected.read(&mut [0]).await.ok(), Some(0));
        assert_eq!(start.elapsed(), Duration::ZERO);
        Client::connected(&broker, keeping_alive(0)).await;
    }

    /// The client reads only after it has written everything. A broker that stopped reading while it
    /// writes would wait forever.
    #[tokio::test(start_paused = true)]
    async fn the_broker_reads_while_a_client_does_not() {
        let broker = EmbeddedBroker::new();
        let mut client = Client::connected(&broker, keeping_alive(0)).await;
        client.subscribe("a").await;
        let payload = "x".repeat(1 << 20);
        let messages = vec![message(&payload); 10];
        client.send(&messages).await;
        for message in messages {
            assert_eq!(client.next().await, Some(message));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_will_follows_a_dropped_stream_at_once() {
        let broker = EmbeddedBroker::new();
        let mut watcher = Client::connected(&broker, keeping_alive(0)).await;
        watcher.subscribe("a").await;
        let last_will = Some(LastWill::new("a", "gone", QoS::AtMostOnce, false));
        drop(Client::connected(&broker, Connect { last_will, ..keeping_alive(0) }).await);
        let start = Instant::now();
        assert_eq!(watcher.next().await, Some(message("gone")));
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test]
    async fn stopping_closes_tcp_connections_only_and_frees_the_address() {
        let broker = EmbeddedBroker::new();
        let mut inside = Client::connected(&broker, keeping_alive(0)).await;
        let listening = broker.listen("127.0.0.1:0").await.expect("a free port");
        let address = listening.address();
        let mut outside = tokio::net::TcpStream::connect(address).await.expect("it listens");
        listening.stop().await;
        assert!(matches!(outside.read(&mut [0]).await, Ok(0) | Err(_)));
        let again = broker.listen(address).await.expect("the address is free");
        assert_eq!(again.address(), address);
        inside.send(&[Packet::PingReq]).await;
        assert_eq!(inside.next().await, Some(Packet::PingResp));
    }
}
