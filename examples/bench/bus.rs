//! The benchmark's MQTT client: waits for packets at little cost.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use bytes::{Buf, BytesMut};
use connector_runtime::prelude::*;
use rumqttc::{Connect, Packet, Publish, QoS, Subscribe};

/// The time limit of every wait.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The interval of polls for values; polling without pauses would use the broker's core.
const LOOK: Duration = Duration::from_millis(1);

const MAX_PACKET: usize = 64 << 20;

/// A connection to the broker.
pub(crate) struct Client {
    stream: TcpStream,
    input: BytesMut,
    buffer: Vec<u8>,
}

/// The received values.
pub(crate) struct Counted {
    pub(crate) values: usize,
    /// The time from the start to the last of them.
    pub(crate) time: Duration,
}

impl Client {
    /// Connects to the broker.
    pub(crate) fn connect(broker: &str, name: &str) -> Result<Self> {
        let stream =
            TcpStream::connect(broker).with_context(|| format!("no broker at {broker}"))?;
        stream.set_nodelay(true)?;
        let mut client = Self { stream, input: BytesMut::new(), buffer: vec![0; 1 << 20] };
        let mut connect = Connect::new(name);
        connect.keep_alive = 0;
        client.send(&Packet::Connect(connect))?;
        client.packet(|packet| matches!(packet, Packet::ConnAck(_)).then_some(()))?;
        Ok(client)
    }

    /// Subscribes, and waits for the confirmation.
    pub(crate) fn subscribe(&mut self, filter: &str) -> Result<()> {
        let mut subscribe = Subscribe::new(filter, QoS::AtMostOnce);
        subscribe.pkid = 1;
        self.send(&Packet::Subscribe(subscribe))?;
        self.packet(|packet| matches!(packet, Packet::SubAck(_)).then_some(()))
    }

    pub(crate) fn publish(&mut self, topic: &str, payload: &str, retain: bool) -> Result<()> {
        let mut publish = Publish::new(topic, QoS::AtMostOnce, payload);
        publish.retain = retain;
        self.send(&Packet::Publish(publish))
    }

    /// Waits for a message on a topic.
    pub(crate) fn message(&mut self, topic: &str) -> Result<Publish> {
        self.packet(|packet| match packet {
            Packet::Publish(publish) if publish.topic == topic => Some(publish),
            _ => None,
        })
    }

    /// Calls a function for each message, until the time is over.
    pub(crate) fn watch(&mut self, time: Duration, mut see: impl FnMut(&Publish)) -> Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            while let Some(packet) = self.next()? {
                if let Packet::Publish(publish) = packet {
                    see(&publish);
                }
            }
            self.read(LOOK)?;
        }
        Ok(())
    }

    /// Counts messages up to a number. Ends early if the first does not arrive within `patience`, or another one
    /// not within `silence`.
    pub(crate) fn count(
        &mut self,
        wanted: usize,
        patience: Duration,
        silence: Duration,
    ) -> Result<Counted> {
        let start = Instant::now();
        let mut counted = Counted { values: 0, time: Duration::ZERO };
        while counted.values < wanted {
            if let values @ 1.. = self.skip_messages() {
                counted = Counted { values: counted.values + values, time: start.elapsed() };
                continue;
            }
            let since = start.elapsed().saturating_sub(counted.time);
            if since > if counted.values == 0 { patience } else { silence } {
                break;
            }
            thread::sleep(LOOK);
            self.read(LOOK)?;
        }
        Ok(counted)
    }

    /// Drops whole packets without decoding them.
    fn skip_messages(&mut self) -> usize {
        let mut count = 0;
        while let Some(length) = whole_packet(&self.input) {
            count += usize::from(self.input[0] >> 4 == 3);
            self.input.advance(length);
        }
        count
    }

    /// Returns the first relevant packet.
    fn packet<T>(&mut self, mut of_use: impl FnMut(Packet) -> Option<T>) -> Result<T> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            while let Some(packet) = self.next()? {
                if let Some(found) = of_use(packet) {
                    return Ok(found);
                }
            }
            self.read(PATIENCE)?;
        }
        bail!("what was expected on the bus did not come within {} s", PATIENCE.as_secs())
    }

    fn next(&mut self) -> Result<Option<Packet>> {
        match Packet::read(&mut self.input, MAX_PACKET) {
            Ok(packet) => Ok(Some(packet)),
            Err(rumqttc::mqttbytes::Error::InsufficientBytes(_)) => Ok(None),
            Err(error) => bail!("the broker sent no MQTT: {error}"),
        }
    }

    fn read(&mut self, patience: Duration) -> Result<()> {
        self.stream.set_read_timeout(Some(patience))?;
        match self.stream.read(&mut self.buffer) {
            Ok(0) => bail!("the broker closed the connection"),
            Ok(count) => self.input.extend_from_slice(&self.buffer[..count]),
            Err(error) if is_timeout(&error) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn send(&mut self, packet: &Packet) -> Result<()> {
        let mut output = BytesMut::new();
        packet.write(&mut output, MAX_PACKET).context("a packet of the harness")?;
        Ok(self.stream.write_all(&output)?)
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Returns the length of the first packet, if it is complete.
fn whole_packet(input: &[u8]) -> Option<usize> {
    let mut length = 0;
    for (index, &byte) in input.get(1..)?.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let whole = index + 2 + length;
            return (input.len() >= whole).then_some(whole);
        }
    }
    None
}
