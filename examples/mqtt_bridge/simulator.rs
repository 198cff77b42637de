//! The device side: devices on their own broker.

use std::net::SocketAddr;

use connector_runtime::{BrokerListener, EmbeddedBroker};
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};
use tokio::{io, sync::mpsc, task::JoinSet};

/// A broker, with a client for all devices on it.
pub(crate) struct Devices {
    pub(crate) broker: BrokerListener,
    /// The messages that others published: topic and payload.
    pub(crate) commands: mpsc::UnboundedReceiver<(String, String)>,
    client: AsyncClient,
    _polling: JoinSet<()>,
}

impl Devices {
    /// Starts a broker and subscribes to all below `set/`.
    pub(crate) async fn start(address: SocketAddr) -> io::Result<Self> {
        let broker = EmbeddedBroker::new().listen(address).await?;
        let address = broker.address();
        let mut options = MqttOptions::new("devices", address.ip().to_string(), address.port());
        options.set_max_packet_size(1 << 20, 1 << 20);
        let (client, mut events) = AsyncClient::new(options, 100);
        client.subscribe("set/#", QoS::ExactlyOnce).await.expect("the queue has room");
        while !matches!(events.poll().await, Ok(Event::Incoming(Packet::SubAck(_)))) {}
        let (sender, commands) = mpsc::unbounded_channel();
        let mut polling = JoinSet::new();
        polling.spawn(listen(events, sender));
        Ok(Self { broker, commands, client, _polling: polling })
    }

    /// A device publishes.
    pub(crate) async fn publish(&self, topic: &str, payload: impl Into<Vec<u8>>, retain: bool) {
        let published = self.client.publish(topic, QoS::AtLeastOnce, retain, payload);
        published.await.expect("the client runs");
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
