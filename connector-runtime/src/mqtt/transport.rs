//! The address of the broker, the identity of a client, and how to open a connection.

#[cfg(feature = "testing")]
use std::sync::Arc;
use std::{
    fmt, io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    time::Duration,
};

#[cfg(feature = "testing")]
use tokio::io::DuplexStream;

use crate::{
    mqtt::{codec::Login, failure::LinkError, stream::Stream, tcp::PromptTcpStream, tls::Tls},
    system::thread,
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
                let addresses = addresses_of(host, *port).await?;
                let stream = PromptTcpStream::connect(&addresses).await?;
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

/// Returns the addresses of a host. The system resolves its name on a thread of its own, which may take long.
async fn addresses_of(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![(ip, port).into()]);
    }
    let host = host.to_owned();
    let resolve = move || (&*host, port).to_socket_addrs().map(Iterator::collect);
    thread::blocking("resolver", resolve).await?
}
