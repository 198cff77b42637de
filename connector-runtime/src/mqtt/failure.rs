//! Failures of a connection to the broker, with advice for the user.

use std::{io, time::Duration};

use crate::mqtt::codec::{self, ConnectReturnCode};
#[cfg(feature = "tls")]
use crate::mqtt::tls_failure;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("{}", explain_io(.0))]
    Io(#[from] io::Error),
    #[cfg(feature = "tls")]
    #[error("{0}")]
    Tls(String),
    #[error(
        "the broker closed the connection before its first MQTT packet: does this port expect TLS \
         (MQTT_TLS), or a certificate of the connector (MQTT_CLIENT_CERT_FILE)?"
    )]
    Mute,
    #[error("the broker closed the connection")]
    Closed,
    #[error("the broker sent an invalid MQTT 3.1.1 packet: {0}")]
    Codec(#[from] codec::Error),
    #[error("the broker sent an unexpected packet")]
    Unexpected,
    #[error("the broker refuses the connection: {}", explain(*.0))]
    Refused(ConnectReturnCode),
    #[error("the broker refuses the subscription to `{0}`: allow this user to read the topic")]
    MapRefused(String),
    #[error("the broker did not answer within {} s", .0.as_secs())]
    Silent(Duration),
}

impl LinkError {
    /// The same error before the first packet of the broker. If the broker closed the connection, advice
    /// is added.
    pub(crate) fn at_first(self) -> Self {
        use io::ErrorKind::{ConnectionReset, UnexpectedEof};
        match self {
            Self::Closed => Self::Mute,
            Self::Io(error) if matches!(error.kind(), ConnectionReset | UnexpectedEof) => {
                Self::Mute
            }
            error => error,
        }
    }

    /// Whether the broker closed the connection, as it does after a message that it does not accept.
    pub(crate) fn is_closed(&self) -> bool {
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

    /// Whether the broker works, but refuses this connector.
    pub(crate) fn is_refusal(&self) -> bool {
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
        #[cfg(feature = "tls")]
        _ => tls_failure::explain(error).unwrap_or_else(|| error.to_string()),
        #[cfg(not(feature = "tls"))]
        _ => error.to_string(),
    }
}

fn explain(code: ConnectReturnCode) -> &'static str {
    match code {
        ConnectReturnCode::Success => "it gives no reason",
        ConnectReturnCode::RefusedProtocolVersion => "it does not support MQTT 3.1.1",
        ConnectReturnCode::BadClientId => {
            "it does not accept the client id, which begins with CONNECTOR_NAME"
        }
        ConnectReturnCode::ServiceUnavailable => "it is unavailable",
        ConnectReturnCode::BadUserNamePassword => "MQTT_USERNAME or MQTT_PASSWORD is wrong",
        ConnectReturnCode::NotAuthorized => {
            "not authorised: does it require MQTT_USERNAME and MQTT_PASSWORD?"
        }
    }
}
