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

/// The slowest supported line, in bytes per second: data in flight gets more time to be answered,
/// because it may wait in buffers along the way. A transfer that is slower is not a sign of life.
pub(crate) const SLOWEST: u32 = 8 << 10;

/// Returns how long this many bytes take on the slowest line.
pub(crate) fn time_for(bytes: usize) -> Duration {
    Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX) / SLOWEST
}

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
    let (shown, host) = (host, host.to_owned());
    let resolve = move || (&*host, port).to_socket_addrs().map(Iterator::collect);
    let resolved: io::Result<Vec<_>> = thread::blocking("resolver", resolve).await?;
    resolved.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot resolve MQTT_BROKER_HOST={shown}: {error}"))
    })
}
