//! One connection: reads, writes, and checks that the broker still responds.
//!
//! This task waits for the socket only: putting a command into a mailbox does not block, and
//! messages to publish are taken from the protocol when there is room for them.

use std::io;

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    time::{Duration, Instant, sleep_until, timeout},
};

use crate::{
    bus::{exchange, handle::BusHandle, link::Link, protocol::Protocol},
    mqtt::{
        Identity, LinkError, PATIENCE, Stream,
        codec::{self, Connect, ConnectReturnCode, LastWill, Packet, Publish, QoS},
        oversized::{Front, Header, Oversized},
        time_for,
    },
    time::Now,
};

/// After this time without data in one direction, a ping is sent: MQTT requires the client to send
/// within the keep-alive, and the answer shows that the broker responds.
const PING_AFTER: Duration = Duration::from_secs(10);

/// The keep-alive in CONNECT: the broker closes the connection after one and a half times this
/// value without data.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Buffer space for one read.
const READ: usize = 4096;

/// A buffer that has grown beyond this is released once it is empty.
const SPARE: usize = 256 << 10;

/// The number of packets that are handled before the other tasks of the thread get their turn.
const PACKETS: usize = 64;

/// The type of a CONNACK, in the upper half of its first byte: MQTT 3.1.1, section 3.2.1.
const CONNACK: u8 = 2;

/// The time limit for leaving: for the rest of the queue and the acknowledgements.
const LEAVING: Duration = Duration::from_secs(1);

/// The first byte of a TLS alert (RFC 8446, section 5.1), which is not MQTT.
const TLS_ALERT: u8 = 21;

/// Runs a connection until it fails (an error) or the connector has left.
pub(super) async fn serve(
    stream: Box<dyn Stream>,
    identity: &Identity,
    bus: &BusHandle,
) -> Result<(), Broken> {
    let (reader, writer) = tokio::io::split(stream);
    let mut client = Client {
        reader,
        writer,
        input: BytesMut::new(),
        oversized: Oversized::default(),
        link: Link::new(Instant::now()),
        bus,
        has_packets: true,
        is_flushed: true,
        is_online: false,
        holds_until: None,
        due: None,
        last_read: Instant::now(),
        last_write: Instant::now(),
        pinged: None,
    };
    let ended = client.run(identity).await;
    bus.protocol().outbox.delivered(&client.link.take_delivered());
    let is_closed = ended.as_ref().is_err_and(LinkError::is_closed);
    bus.offline(client.link.undelivered(), is_closed);
    ended.map_err(|error| Broken { error, was_online: client.is_online })
}

/// A connection that has failed, or was never established.
pub(super) struct Broken {
    pub(super) error: LinkError,
    pub(super) was_online: bool,
}

impl From<LinkError> for Broken {
    fn from(error: LinkError) -> Self {
        Self { error, was_online: false }
    }
}

struct Client<'a> {
    reader: ReadHalf<Box<dyn Stream>>,
    writer: WriteHalf<Box<dyn Stream>>,
    input: BytesMut,
    oversized: Oversized,
    link: Link,
    bus: &'a BusHandle,
    /// Whether the input may contain further complete packets.
    has_packets: bool,
    /// Whether all written bytes are flushed: TLS may buffer some.
    is_flushed: bool,
    is_online: bool,
    /// When raw messages are released that are held back.
    holds_until: Option<Instant>,
    /// When to take work again even if nothing happens.
    due: Option<Instant>,
    /// When the broker last gave a sign of life, and when bytes were last sent.
    last_read: Instant,
    last_write: Instant,
    /// When a ping was sent that is not yet answered.
    pinged: Option<Instant>,
}

impl Client<'_> {
    async fn run(&mut self, identity: &Identity) -> Result<(), LinkError> {
        let bus = self.bus;
        tokio::select! {
            begun = self.begin(identity) => begun?,
            () = bus.leaving() => return Ok(()),
        }
        self.is_online = true;
        self.holds_until = Some(Instant::now() + exchange::HOLD);
        bus.online();
        tracing::info!("connected to the broker");
        tokio::select! {
            ended = self.work() => return ended,
            () = bus.leaving() => {}
        }
        // The connector leaves whether or not the broker responds.
        let _ = timeout(LEAVING, self.leave()).await;
        Ok(())
    }

    async fn begin(&mut self, identity: &Identity) -> Result<(), LinkError> {
        let silent = |_| LinkError::Silent(PATIENCE);
        timeout(PATIENCE, self.connect(identity)).await.map_err(silent)??;
        exchange::subscribe(&mut self.link, self.bus, Instant::now())?;
        let patience = PATIENCE + time_for(self.link.out.len());
        timeout(patience, self.settle()).await.map_err(silent)?
    }

    async fn connect(&mut self, identity: &Identity) -> Result<(), LinkError> {
        let mut connect = Connect::new(&*identity.client_id);
        connect.keep_alive = KEEP_ALIVE.as_secs().try_into().unwrap_or(u16::MAX);
        connect.login.clone_from(&identity.login);
        connect.last_will = Some({
            let protocol = self.bus.protocol();
            let (topic, payload) = protocol.last_will();
            LastWill::new(topic, payload, QoS::AtLeastOnce, true)
        });
        self.link.write(&Packet::Connect(connect))?;
        self.writer.write_all_buf(&mut self.link.out).await?;
        self.writer.flush().await?;
        loop {
            match self.input.first() {
                Some(&TLS_ALERT) => return Err(LinkError::Mute),
                Some(first) if first >> 4 != CONNACK => return Err(LinkError::Unexpected),
                _ => {}
            }
            match self.next_packet()? {
                Some(Packet::ConnAck(ack)) if ack.code == ConnectReturnCode::Success => {
                    return Ok(());
                }
                Some(Packet::ConnAck(ack)) => return Err(LinkError::Refused(ack.code)),
                Some(_) => return Err(LinkError::Unexpected),
                None => {
                    let count = self.reader.read_buf(&mut self.input).await;
                    check_read(count).map_err(LinkError::at_first)?;
                }
            }
        }
    }

    /// Waits until everything is acknowledged.
    async fn settle(&mut self) -> Result<(), LinkError> {
        while !self.link.is_settled() {
            self.exchange().await?;
        }
        Ok(())
    }

    async fn work(&mut self) -> Result<(), LinkError> {
        loop {
            self.exchange().await?;
        }
    }

    /// Sends the remaining messages, then DISCONNECT.
    async fn leave(&mut self) -> Result<(), LinkError> {
        self.release();
        self.bus.update(Protocol::leave);
        self.take_work()?;
        while !(self.link.out.is_empty() && self.link.is_settled()) {
            self.exchange().await?;
            self.take_work()?;
        }
        self.link.write(&Packet::Disconnect)?;
        self.writer.write_all_buf(&mut self.link.out).await?;
        Ok(self.writer.shutdown().await?)
    }

    /// Takes messages from the protocol, then waits for the next event. Cancel safe: partial reads
    /// and writes are kept.
    async fn exchange(&mut self) -> Result<(), LinkError> {
        // More is queued than a socket takes at once, so further messages need not wake this task.
        let is_full = self.link.is_full();
        if !is_full {
            self.take_work()?;
        }
        if self.has_packets && !self.link.is_choked() {
            self.handle_input()?;
            tokio::task::yield_now().await;
            return Ok(());
        }
        self.input.reserve(READ);
        let can_read = !self.link.is_choked();
        let has_output = !(self.link.out.is_empty() && self.is_flushed);
        let stalled = self.link.stalled_at();
        let until = match self.pinged {
            Some(pinged) => pinged + self.link.patience(),
            None => self.last_read.min(self.last_write) + PING_AFTER,
        };
        tokio::select! {
            read = self.reader.read_buf(&mut self.input), if can_read => {
                let count = check_read(read)?;
                self.handle_input()?;
                self.note_read(count);
                Ok(())
            }
            written = write(&mut self.writer, &mut self.link.out), if has_output => {
                let count = written?;
                self.is_flushed = count == 0;
                self.last_write = Instant::now();
                self.link.wrote(count, self.last_write);
                release_spare(&mut self.link.out);
                Ok(())
            }
            () = self.bus.changed(), if !is_full => Ok(()),
            () = sleep_until(until) => self.ping(),
            () = sleep_until(stalled.unwrap_or(until)), if stalled.is_some() => self.link.check(Instant::now()),
            () = sleep_until(self.due.unwrap_or(until)), if self.due.is_some() => Ok(()),
            () = sleep_until(self.holds_until.unwrap_or(until)), if self.holds_until.is_some() => {
                self.release();
                Ok(())
            }
        }
    }

    fn release(&mut self) {
        self.holds_until = None;
        self.bus.protocol().outbox.release_raw();
    }

    fn take_work(&mut self) -> Result<(), LinkError> {
        if !self.is_online {
            return Ok(());
        }
        self.due = exchange::take_work(&mut self.link, self.bus, Instant::now())?;
        Ok(())
    }

    fn ping(&mut self) -> Result<(), LinkError> {
        if self.pinged.replace(Instant::now()).is_some() {
            return Err(LinkError::Silent(self.link.patience()));
        }
        self.link.write(&Packet::PingReq)
    }

    /// Reports received bytes that were not enough for a packet. A slow transfer is a sign of life,
    /// as far as it is not too slow.
    fn note_read(&mut self, count: usize) {
        if !self.input.is_empty() || self.oversized.is_skipping() {
            let (now, gained) = (Instant::now(), time_for(count));
            self.last_read = (self.last_read + gained).min(now);
            self.pinged = self.pinged.map(|pinged| (pinged + gained).min(now));
            self.link.note_partial(count, now);
        }
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, LinkError> {
        loop {
            match self.oversized.skip(&mut self.input) {
                Front::Usual => break,
                Front::Unclear => return Ok(None),
                Front::Large(header) => self.ignore_oversized(header)?,
            }
        }
        Ok(codec::read(&mut self.input)?)
    }

    /// Acknowledges a message that is too large like any other, so that it is not sent again.
    fn ignore_oversized(&mut self, header: Header) -> Result<(), LinkError> {
        let Header { topic, qos, pkid, bytes } = header;
        self.bus.metrics.too_large.inc();
        tracing::error!("ignored a message of {bytes} bytes on `{topic}`: it is too large");
        let mut message = Publish::new(topic, qos, Vec::new());
        message.pkid = pkid;
        self.link.receive(Packet::Publish(message), Instant::now()).map(drop)
    }

    /// Handles the packets in the input, but not too many at a time.
    fn handle_input(&mut self) -> Result<(), LinkError> {
        for _ in 0..PACKETS {
            let Some(packet) = self.next_packet()? else {
                self.has_packets = false;
                release_spare(&mut self.input);
                return Ok(());
            };
            let now = Now::read();
            (self.last_read, self.pinged) = (now.instant, None);
            let event = self.link.receive(packet, now.instant)?;
            exchange::hear(self.bus, event, now)?;
        }
        self.has_packets = true;
        Ok(())
    }
}

fn check_read(read: io::Result<usize>) -> Result<usize, LinkError> {
    match read? {
        0 => Err(LinkError::Closed),
        count => Ok(count),
    }
}

/// Releases the memory that a large packet took.
fn release_spare(buffer: &mut BytesMut) {
    if buffer.is_empty() && buffer.capacity() > SPARE {
        *buffer = BytesMut::new();
    }
}

/// Writes as much as possible; flushes if everything is written.
async fn write(writer: &mut WriteHalf<Box<dyn Stream>>, out: &mut BytesMut) -> io::Result<usize> {
    if out.is_empty() { writer.flush().await.map(|()| 0) } else { writer.write_buf(out).await }
}
