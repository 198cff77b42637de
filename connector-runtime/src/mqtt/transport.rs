//! The address of the broker, the identity of a client, and how to open a connection.

use std::{fmt, time::Duration};
#[cfg(feature = "testing")]
use std::{io, sync::Arc};

#[cfg(feature = "testing")]
use tokio::io::DuplexStream;

use crate::mqtt::{
    codec::Login, failure::LinkError, stream::Stream, tcp::PromptTcpStream, tls::Tls,
};

/// The time limit for opening a connection, including the TLS handshake.
pub(crate) const OPENING: Duration = Duration::from_secs(10);

/// The time limit for each answer of the broker on a new connection.
pub(crate) const PATIENCE: Duration = Duration::from_secs(4);

/// The address of the broker.
#[derive(Clone)]
pub(crate) enum Address {
    Tcp {
        host: String,
        port: u16,
        tls: Option<Tls>,
    },
    /// In this process; the function opens a connection.
    #[cfg(feature = "testing")]
    Memory(Arc<dyn Fn() -> io::Result<DuplexStream> + Send + Sync>),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port, .. } => write!(f, "{host}:{port}"),
            #[cfg(feature = "testing")]
            Self::Memory(_) => f.write_str("memory"),
        }
    }
}

/// The client id and the login of a connector.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) client_id: String,
    pub(crate) login: Option<Login>,
}

impl Address {
    pub(crate) async fn open(&self) -> Result<Box<dyn Stream>, LinkError> {
        match self {
            Self::Tcp { host, port, tls } => {
                let stream = PromptTcpStream::connect(host, *port).await?;
                match tls {
                    Some(tls) => tls.handshake(stream).await,
                    None => Ok(Box::new(stream)),
                }
            }
            #[cfg(feature = "testing")]
            Self::Memory(open) => Ok(Box::new(open()?)),
        }
    }
}
