//! Either broker, so that a test can run on both.

use super::{embedded::Embedded, mosquitto::Mosquitto};

pub enum Broker {
    Mosquitto(Mosquitto),
    Embedded(Embedded),
}

impl Broker {
    pub fn port(&self) -> u16 {
        match self {
            Self::Mosquitto(broker) => broker.port(),
            Self::Embedded(broker) => broker.port(),
        }
    }

    /// The mosquitto that it is, for what can only be seen in a log.
    pub fn as_mosquitto(&self) -> Option<&Mosquitto> {
        match self {
            Self::Mosquitto(broker) => Some(broker),
            Self::Embedded(_) => None,
        }
    }

    /// Ends it without a word to its clients.
    pub async fn stop(&mut self) {
        match self {
            Self::Mosquitto(broker) => broker.stop().await,
            Self::Embedded(broker) => broker.stop().await,
        }
    }

    /// Starts it on the same port; it has forgotten everything.
    pub async fn start_again(&mut self) {
        match self {
            Self::Mosquitto(broker) => broker.start_again().await,
            Self::Embedded(broker) => broker.start_again().await,
        }
    }
}

impl From<Mosquitto> for Broker {
    fn from(broker: Mosquitto) -> Self {
        Self::Mosquitto(broker)
    }
}

impl From<Embedded> for Broker {
    fn from(broker: Embedded) -> Self {
        Self::Embedded(broker)
    }
}

/// Makes two tests of each `async fn(Broker)`: one with mosquitto, one with the embedded broker.
#[macro_export]
macro_rules! on_both_brokers {
    ($($test:ident),* $(,)?) => {
        mod mosquitto {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
            async fn $test() {
                super::$test($crate::Mosquitto::start().await.into()).await;
            }
        )*}

        mod embedded {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::Embedded::start().await.into()).await;
            }
        )*}
    };
}
