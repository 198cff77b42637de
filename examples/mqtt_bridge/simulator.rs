//! What is at the other end: devices on a broker of their own, and a broker that refuses.

use std::net::{Ipv4Addr, SocketAddr};

use connector_runtime::{EmbeddedBroker, Listening};
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
    task::JoinSet,
};

/// A broker on a free port of the loopback, with a client for all devices on it.
pub(crate) struct Devices {
    pub(crate) address: SocketAddr,
    /// What was published, but for what the devices publish themselves: topic and payload.
    pub(crate) commands: mpsc::UnboundedReceiver<(String, String)>,
    client: AsyncClient,
    listening: Listening,
    _polling: JoinSet<()>,
}

impl Devices {
    /// Starts a broker and subscribes to all below `set/`.
    pub(crate) async fn start() -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    pub(crate) async fn start_at(address: SocketAddr) -> Self {
        let listening = EmbeddedBroker::new().listen(address).await.expect("the address is free");
        let address = listening.address();
        let mut options = MqttOptions::new("devices", address.ip().to_string(), address.port());
        options.set_max_packet_size(1 << 20, 1 << 20);
        let (client, mut events) = AsyncClient::new(options, 100);
        client.subscribe("set/#", QoS::ExactlyOnce).await.expect("the queue has room");
        while !matches!(events.poll().await, Ok(Event::Incoming(Packet::SubAck(_)))) {}
        let (sender, commands) = mpsc::unbounded_channel();
        let mut polling = JoinSet::new();
        polling.spawn(listen(events, sender));
        Self { address, commands, client, listening, _polling: polling }
    }

    /// A device publishes.
    pub(crate) async fn publish(&self, topic: &str, payload: impl Into<Vec<u8>>, retain: bool) {
        let published = self.client.publish(topic, QoS::AtLeastOnce, retain, payload);
        published.await.expect("the client runs");
    }

    /// The broker goes away.
    pub(crate) async fn stop(self) {
        drop(self.client);
        self.listening.stop().await;
    }
}

async fn listen(mut events: EventLoop, commands: mpsc::UnboundedSender<(String, String)>) {
    while let Ok(event) = events.poll().await {
        if let Event::Incoming(Packet::Publish(publish)) = event {
            let payload = String::from_utf8_lossy(&publish.payload).into_owned();
            let _ = commands.send((publish.topic, payload));
        }
    }
}

/// A broker that serves one connection after another, each with these answers to what it reads.
pub(crate) struct Canned {
    pub(crate) address: SocketAddr,
    /// What it has read.
    pub(crate) read: mpsc::UnboundedReceiver<Vec<u8>>,
    _serving: JoinSet<()>,
}

impl Canned {
    pub(crate) async fn start(answers: &'static [&'static [u8]]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (sender, read) = mpsc::unbounded_channel();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut packet = vec![0; 1000];
                for answer in answers {
                    let length = stream.read(&mut packet).await.unwrap_or_default();
                    let _ = sender.send(packet[..length].to_vec());
                    let _ = stream.write_all(answer).await;
                }
                // Reads until the other side closes it.
                while stream.read(&mut packet).await.is_ok_and(|length| length > 0) {}
            }
        });
        Self { address, read, _serving: serving }
    }
}
