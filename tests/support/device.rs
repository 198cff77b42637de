//! The device of the `tcp_json` example: JSON lines over TCP, in both directions.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::{
    patience::patiently,
    port::{bound, free_port},
};

/// Where the device listens.
pub struct Device {
    listener: TcpListener,
    address: SocketAddr,
}

/// One connection of a connector to the device.
pub struct DeviceLink {
    lines: Lines<BufReader<OwnedReadHalf>>,
    heard: Vec<String>,
    writer: OwnedWriteHalf,
}

impl Device {
    /// A place for a device that is not there yet.
    pub fn place() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], free_port()))
    }

    pub async fn start() -> Self {
        Self::start_at(Self::place()).await
    }

    pub async fn start_at(address: SocketAddr) -> Self {
        let listener = bound(|| TcpListener::bind(address)).await;
        Self { listener, address }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for a connector that should come.
    pub async fn accept(&self) -> DeviceLink {
        patiently(self.wait(), || "no connector came".to_owned()).await
    }

    /// Waits for a connector for as long as it takes.
    pub async fn wait(&self) -> DeviceLink {
        DeviceLink::new(self.listener.accept().await.expect("a connection").0)
    }
}

impl DeviceLink {
    fn new(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("a TCP socket");
        let (reader, writer) = stream.into_split();
        Self { lines: BufReader::new(reader).lines(), heard: Vec::new(), writer }
    }

    /// Sends a line.
    pub async fn say(&mut self, line: &str) {
        self.try_say(line).await.expect("the connector reads");
    }

    /// Sends a line to a connector that may be gone.
    pub async fn try_say(&mut self, line: &str) -> io::Result<()> {
        self.try_send(format!("{line}\n").as_bytes()).await
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).await.expect("the connector reads");
    }

    /// Sends bytes to a connector that may end the connection.
    pub async fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes).await
    }

    /// Waits for the next line of a connector that may be gone.
    pub async fn try_hear(&mut self) -> Option<String> {
        self.lines.next_line().await.ok().flatten()
    }

    /// Waits for the next line of the connector.
    pub async fn hear(&mut self) -> String {
        let instead = || format!("no command after these: {:?}", self.heard);
        let line = patiently(self.lines.next_line(), instead).await;
        let line = line.expect("UTF-8").expect("the connector stays");
        self.heard.push(line.clone());
        line
    }
}
