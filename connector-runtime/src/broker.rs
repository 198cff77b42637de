//! The broker: how to reach it, and how to stay connected to it.

mod client;
pub(crate) mod codec;
pub(crate) mod dialogue;
#[cfg(feature = "embedded-broker")]
mod embedded;
pub(crate) mod link;
mod oversized;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "broker/no_tls.rs"]
mod tls;
pub(crate) mod visit;

#[cfg(feature = "testing")]
use std::sync::Arc;
use std::{fmt, io, time::Duration};

#[cfg(feature = "testing")]
use tokio::io::DuplexStream;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout},
};

use self::codec::{ConnectReturnCode, Login};
#[cfg(feature = "embedded-broker")]
pub use self::embedded::{BrokerListener, EmbeddedBroker};
pub(crate) use self::tls::Tls;
use crate::shared::Shared;

/// The pause after the first failed attempt; it doubles up to the longest, after which the connector
/// is back within 5 s of its broker.
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// The longest pause after a connection that worked, if only for a moment.
const LONGEST_PAUSE_ONLINE: Duration = Duration::from_secs(1);

/// The longest pause where the broker answers and refuses: somebody has to change a setting first, and
/// brokers shut out who tries too often.
const LONGEST_PAUSE_REFUSED: Duration = Duration::from_mins(1);

/// A connection that lasted for so long is no reason for a longer pause.
const HEALTHY: Duration = Duration::from_secs(5);

/// How long it may take until there is a connection on which MQTT can be spoken; TLS takes some rounds.
const OPENING: Duration = Duration::from_secs(10);

/// How long the broker may take for each answer in a new connection.
const PATIENCE: Duration = Duration::from_secs(4);

/// With either side silent for this long, the broker is asked whether it is there: MQTT wants to hear
/// from us, and we from the broker.
const ASK_AFTER: Duration = Duration::from_secs(10);

/// Where the broker is.
#[derive(Clone)]
pub(crate) enum Address {
    Tcp {
        host: String,
        port: u16,
        tls: Option<Tls>,
    },
    /// Within the process: this opens a connection.
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

/// How a connector introduces itself to the broker.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) client_id: String,
    pub(crate) login: Option<Login>,
}

/// A connection of any kind.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Address {
    async fn open(&self) -> Result<Box<dyn Stream>, LinkError> {
        match self {
            Self::Tcp { host, port, tls } => {
                let stream = TcpStream::connect((&**host, *port)).await?;
                // Nagle's algorithm and delayed acknowledgements make 40 ms of each small message.
                stream.set_nodelay(true)?;
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

/// A connection that ended, or never began.
struct Broken {
    error: LinkError,
    was_online: bool,
}

impl From<LinkError> for Broken {
    fn from(error: LinkError) -> Self {
        Self { error, was_online: false }
    }
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("{}", explain_io(.0))]
    Io(#[from] io::Error),
    #[cfg(feature = "tls")]
    #[error("{0}")]
    Tls(String),
    #[error(
        "the broker closed the connection before it said anything in MQTT: does it expect TLS \
         at this port (MQTT_TLS), or a certificate of the connector (MQTT_CLIENT_CERT_FILE)?"
    )]
    Mute,
    #[error("the broker closed the connection")]
    Closed,
    #[error("the broker sent what is no MQTT 3.1.1 packet: {0}")]
    Codec(#[from] codec::Error),
    #[error("the broker sent a packet that has no place here")]
    Unexpected,
    #[error("the broker refuses the connection: {}", explain(*.0))]
    Refused(ConnectReturnCode),
    #[error("the broker refuses the subscription to `{0}`: may this user read it?")]
    MapRefused(String),
    #[error("the broker did not answer within {} s", .0.as_secs())]
    Silent(Duration),
}

impl LinkError {
    /// What it means where a connection ends that has only just begun.
    fn at_first(self) -> Self {
        use io::ErrorKind::{ConnectionReset, UnexpectedEof};
        match self {
            Self::Closed => Self::Mute,
            Self::Io(error) if matches!(error.kind(), ConnectionReset | UnexpectedEof) => {
                Self::Mute
            }
            error => error,
        }
    }

    /// Whether the broker has closed the connection, as it does over a message that it does not bear.
    fn is_closed(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        match self {
            Self::Closed => true,
            Self::Io(error) => matches!(
                error.kind(),
                BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
            ),
            _ => false,
        }
    }

    /// Whether the broker is well and does not want this connector.
    fn is_refusal(&self) -> bool {
        match self {
            Self::Refused(code) => *code != ConnectReturnCode::ServiceUnavailable,
            Self::MapRefused(_) => true,
            _ => false,
        }
    }
}

fn explain_io(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => LinkError::Closed.to_string(),
        _ => tls::explain(error).unwrap_or_else(|| error.to_string()),
    }
}

fn explain(code: ConnectReturnCode) -> &'static str {
    match code {
        ConnectReturnCode::Success => "no reason is given",
        ConnectReturnCode::RefusedProtocolVersion => "it does not speak MQTT 3.1.1",
        ConnectReturnCode::BadClientId => "it does not like the client id",
        ConnectReturnCode::ServiceUnavailable => "it is not available",
        ConnectReturnCode::BadUserNamePassword => "MQTT_USERNAME or MQTT_PASSWORD is wrong",
        ConnectReturnCode::NotAuthorized => {
            "not authorised; does it ask for MQTT_USERNAME and MQTT_PASSWORD?"
        }
    }
}

/// Runs one connection, over any stream.
#[cfg(feature = "testing")]
pub(crate) async fn serve_once(
    stream: tokio::io::DuplexStream,
    identity: &Identity,
    shared: &Shared,
) -> Result<(), LinkError> {
    client::serve(Box::new(stream), identity, shared).await.map_err(|broken| broken.error)
}

/// Connects again and again, until the connector says goodbye.
pub(crate) async fn keep_connected(address: Address, identity: Identity, shared: &Shared) {
    let mut pause = SHORTEST_PAUSE;
    let mut told = String::new();
    loop {
        let began = Instant::now();
        let opened = tokio::select! {
            opened = timeout(OPENING, address.open()) => opened,
            () = shared.goodbye() => return,
        };
        let ended = match opened {
            Ok(Ok(stream)) => client::serve(stream, &identity, shared).await,
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(LinkError::Silent(OPENING).into()),
        };
        let Err(Broken { error, was_online }) = ended else { return };
        let reason = error.to_string();
        let online = was_online.then(|| began.elapsed());
        pause = next_pause(pause, online, error.is_refusal());
        if was_online {
            tracing::warn!("lost the connection to the broker at {address}: {error}");
            told.clear();
        } else if reason != told {
            tracing::error!("cannot connect to the broker at {address}, but keep trying: {error}");
            told = reason;
        } else {
            tracing::debug!("cannot connect to the broker at {address}: {error}");
        }
        tokio::select! {
            () = tokio::time::sleep(jitter(pause)) => {}
            () = shared.goodbye() => return,
        }
        pause *= 2;
    }
}

/// The pause that is due when `pause` would have been the next, but for how long the connector was
/// online, and whether it was refused.
fn next_pause(pause: Duration, online: Option<Duration>, is_refused: bool) -> Duration {
    match online {
        Some(online) if online > HEALTHY => SHORTEST_PAUSE,
        Some(_) => pause.min(LONGEST_PAUSE_ONLINE),
        None if is_refused => pause.min(LONGEST_PAUSE_REFUSED),
        None => pause.min(LONGEST_PAUSE),
    }
}

/// Between half and all of it, so that many connectors do not come back at the same moment.
pub(crate) fn jitter(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_online_does_not_wait_long() {
        let (moment, hour) = (Duration::from_secs(1), Duration::from_hours(1));
        assert_eq!(next_pause(hour, None, false), LONGEST_PAUSE);
        assert_eq!(next_pause(hour, None, true), LONGEST_PAUSE_REFUSED);
        assert_eq!(next_pause(hour, Some(moment), false), LONGEST_PAUSE_ONLINE);
        assert_eq!(next_pause(hour, Some(hour), false), SHORTEST_PAUSE);
        assert_eq!(next_pause(SHORTEST_PAUSE, Some(moment), false), SHORTEST_PAUSE);
    }
}
