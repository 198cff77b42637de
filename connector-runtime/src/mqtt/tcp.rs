//! A TCP connection to the broker that acknowledges each segment at once.
//!
//! A broker that does not set `TCP_NODELAY` (mosquitto, by default) sends no further small packet while one
//! is unacknowledged by TCP. The kernel delays that acknowledgement by 40 ms unless there is something to
//! send. Once the window of unacknowledged messages is full there is not, so both sides wait: one window
//! of 16 messages every 40 ms. `TCP_QUICKACK` ends the delay, but the kernel resets it by itself (tcp(7)),
//! so it is set again after each read.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpSocket, TcpStream},
};

/// The size of the kernel's send buffer. Whatever is in it goes before a ping and before newer values, so
/// a slow line must not fill megabytes of it.
const SEND_BUFFER: u32 = 256 << 10;

/// A TCP connection without delays on either side.
pub(super) struct PromptTcpStream {
    stream: TcpStream,
    /// The first byte that the broker sent.
    pub(super) first: Option<u8>,
}

impl PromptTcpStream {
    /// Connects to the first of these addresses that accepts.
    pub(super) async fn connect(addresses: &[SocketAddr]) -> io::Result<Self> {
        let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for &address in addresses {
            match Self::connect_to(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    async fn connect_to(address: SocketAddr) -> io::Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_send_buffer_size(SEND_BUFFER)?;
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, first: None })
    }
}

/// Sends the pending TCP acknowledgement. A failure costs speed only, so it is ignored.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn acknowledge(stream: &TcpStream) {
    let _ = stream.set_quickack(true);
}

/// Other systems have no such option.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn acknowledge(_: &TcpStream) {}

impl AsyncRead for PromptTcpStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let start = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        self.first = self.first.or_else(|| buffer.filled().get(start).copied());
        acknowledge(&self.stream);
        Poll::Ready(read)
    }
}

impl AsyncWrite for PromptTcpStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
