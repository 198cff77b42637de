//! The broker that the runtime brings along.

use std::net::SocketAddr;

use connector_runtime::{BrokerListener, EmbeddedBroker};

use super::port::{bound, free_port};

pub struct Embedded {
    broker: EmbeddedBroker,
    address: SocketAddr,
    listening: Option<BrokerListener>,
}

impl Embedded {
    pub async fn start() -> Self {
        let broker = EmbeddedBroker::new();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let listening = bound(|| broker.listen(address)).await;
        Self { broker, address, listening: Some(listening) }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Cuts all connections, as a broken cable does.
    pub fn cut(&self) {
        self.broker.disconnect_all();
    }

    pub async fn stop(&mut self) {
        self.listening.take().expect("it runs").stop().await;
        self.broker.forget_retained();
    }

    pub async fn start_again(&mut self) {
        self.listening = Some(bound(|| self.broker.listen(self.address)).await);
    }
}
