//! A connection on which MQTT can be spoken: TCP, TLS, or one within the process.

use tokio::io::{AsyncRead, AsyncWrite};

/// A connection of any kind.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}
