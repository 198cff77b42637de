//! MQTT 3.1.1, independent of BEMCom: packets, topics, connections, and an embedded broker.

pub(crate) mod codec;
#[cfg(feature = "embedded-broker")]
pub(crate) mod embedded;
mod failure;
pub(crate) mod oversized;
pub(crate) mod probe;
mod stream;
mod tcp;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
mod tls;
#[cfg(feature = "tls")]
mod tls_failure;
pub(crate) mod topic;
mod transport;

#[cfg(feature = "embedded-broker")]
pub use self::embedded::{BrokerListener, EmbeddedBroker};
#[cfg(test)]
pub(crate) use self::transport::SLOWEST;
pub(crate) use self::{
    failure::LinkError,
    stream::Stream,
    tls::Tls,
    transport::{Address, Identity, OPENING, PATIENCE, time_for},
};
