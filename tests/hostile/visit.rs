//! A broker written by hand, which answers as it should until it does not.

use std::{io, net::SocketAddr, time::Duration};

use bytes::{Buf, BufMut, BytesMut};
use support::{free_port, proxy::packet_length};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::sleep,
};

/// The types of packets, in the upper half of their first byte: MQTT 3.1.1, section 2.2.1.
const CONNECT: u8 = 1;
const PUBLISH: u8 = 3;
const PUBREL: u8 = 6;
const SUBSCRIBE: u8 = 8;
const PINGREQ: u8 = 12;

/// A broker that serves each connection as the attack has it.
pub(crate) struct HostileBroker {
    port: u16,
    visits: watch::Receiver<usize>,
    flooded: watch::Sender<bool>,
    /// Aborted when dropped, with all connections.
    task: JoinHandle<()>,
}

impl HostileBroker {
    /// Serves each connection by this, and ends it afterwards.
    pub(crate) async fn start<F>(attack: impl Fn(Visit) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let listener = TcpListener::bind(address).await.expect("a free port");
        let (counter, visits) = watch::channel(0);
        let flooded = watch::Sender::new(false);
        let floods = flooded.clone();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (number, floods) = (*counter.borrow(), floods.clone());
                let visit = Visit { number, stream, input: BytesMut::new(), floods };
                connections.spawn(attack(visit));
                counter.send_modify(|count| *count += 1);
            }
        });
        Self { port: address.port(), visits, flooded, task }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Waits until it was visited so often.
    pub(crate) async fn visited(&self, times: usize) {
        let mut visits = self.visits.clone();
        visits.wait_for(|visits| *visits >= times).await.expect("it accepts");
    }

    /// Waits until a flood has begun.
    pub(crate) async fn flooded(&self) {
        let _ = self.flooded.subscribe().wait_for(|flooded| *flooded).await;
    }
}

impl Drop for HostileBroker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection of the connector.
pub(crate) struct Visit {
    /// How many there were before.
    pub(crate) number: usize,
    stream: TcpStream,
    input: BytesMut,
    floods: watch::Sender<bool>,
}

impl Visit {
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Sends bytes, one each second.
    pub(crate) async fn trickle(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes {
            self.send(&[*byte]).await?;
            sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    }

    /// Reads one byte each second.
    pub(crate) async fn sip(&mut self) -> io::Result<()> {
        loop {
            self.stream.read_u8().await?;
            sleep(Duration::from_secs(1)).await;
        }
    }

    /// Reads CONNECT.
    pub(crate) async fn connect(&mut self) -> io::Result<()> {
        while self.packet().await?[0] >> 4 != CONNECT {}
        Ok(())
    }

    /// Accepts the connection and all subscriptions, until the first message comes.
    pub(crate) async fn welcome(&mut self) -> io::Result<()> {
        self.connect().await?;
        self.send(b"\x20\x02\0\0").await?;
        loop {
            let packet = self.packet().await?;
            if packet[0] >> 4 == PUBLISH {
                return self.answer(packet).await;
            }
            self.answer(packet).await?;
        }
    }

    /// Goes on as a broker should.
    pub(crate) async fn behave(&mut self) -> io::Result<()> {
        loop {
            let packet = self.packet().await?;
            self.answer(packet).await?;
        }
    }

    /// Reads, and answers nothing.
    pub(crate) async fn ignore(&mut self) -> io::Result<()> {
        loop {
            self.packet().await?;
        }
    }

    /// Writes for ever, and reads nothing.
    pub(crate) async fn flood(&mut self, packet: impl Fn(u16) -> Vec<u8>) -> io::Result<()> {
        let mut id = 0_u16;
        loop {
            let mut batch = Vec::new();
            while batch.len() < 1 << 16 {
                id = id.checked_add(1).unwrap_or(1);
                batch.extend(packet(id));
            }
            self.send(&batch).await?;
            self.floods.send_replace(true);
        }
    }

    async fn packet(&mut self) -> io::Result<BytesMut> {
        loop {
            let length = packet_length(&self.input).filter(|length| *length <= self.input.len());
            if let Some(length) = length {
                return Ok(self.input.split_to(length));
            }
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn answer(&mut self, mut packet: BytesMut) -> io::Result<()> {
        let first = packet[0];
        let header = 2 + packet[1..].iter().take_while(|byte| **byte & 0x80 != 0).count();
        packet.advance(header);
        let answer = match first >> 4 {
            PUBLISH if first & 0x06 != 0 => {
                let topic = packet.get_u16();
                packet.advance(topic.into());
                let kind = if first & 0x04 == 0 { 0x40 } else { 0x50 };
                acknowledgement(kind, packet.get_u16())
            }
            PUBREL => acknowledgement(0x70, packet.get_u16()),
            SUBSCRIBE => suback(packet),
            PINGREQ => b"\xd0\0".to_vec(),
            _ => return Ok(()),
        };
        self.send(&answer).await
    }
}

/// A packet that is nothing but an id.
pub(crate) fn acknowledgement(first: u8, id: u16) -> Vec<u8> {
    let mut packet = vec![first, 2];
    packet.put_u16(id);
    packet
}

/// A small PUBLISH; with an id if that is above 0.
pub(crate) fn publish(first: u8, topic: &str, id: u16, payload: &str) -> Vec<u8> {
    let mut body = Vec::new();
    body.put_u16(u16::try_from(topic.len()).expect("a short topic"));
    body.put_slice(topic.as_bytes());
    if id > 0 {
        body.put_u16(id);
    }
    body.put_slice(payload.as_bytes());
    let length = u8::try_from(body.len()).ok().filter(|length| *length < 0x80);
    let mut packet = vec![first, length.expect("a small message")];
    packet.extend(body);
    packet
}

/// Grants all that is asked for.
fn suback(mut subscribe: BytesMut) -> Vec<u8> {
    let id = subscribe.get_u16();
    let mut codes = Vec::new();
    while subscribe.len() > 2 {
        let length = subscribe.get_u16();
        subscribe.advance(length.into());
        codes.push(subscribe.get_u8());
    }
    let length = u8::try_from(codes.len() + 2).expect("at most 64 filters");
    let mut packet = vec![0x90, length];
    packet.put_u16(id);
    packet.extend(codes);
    packet
}
