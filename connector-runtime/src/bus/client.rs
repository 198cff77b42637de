//! Drives one connection: reads, writes, and asks whether the broker is still there.
//!
//! This task never waits for anything but the socket: commands are put into mailboxes, which does not
//! block, and what is to be published is taken from the session when there is room for it.

use std::io;

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    time::{Duration, Instant, sleep_until, timeout},
};

use crate::{
    bus::{
        exchange,
        handle::BusHandle,
        link::{Link, time_for},
        protocol::Protocol,
    },
    mqtt::{
        Identity, LinkError, PATIENCE, Stream,
        codec::{self, Connect, ConnectReturnCode, LastWill, Packet, Publish, QoS},
        oversized::{Front, Header, Oversized},
    },
    time::Now,
};

/// With either side silent for this long, the broker is asked whether it is there: MQTT wants to hear
/// from us, and we from the broker.
const ASK_AFTER: Duration = Duration::from_secs(10);

/// Announced in CONNECT: the broker gives up after one and a half of it.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Room for one read.
const READ: usize = 4096;

/// How long the goodbye may take: the rest of the queue, and the acknowledgements.
const GOODBYE: Duration = Duration::from_secs(1);

/// How an answer begins that is no MQTT: the first byte of an alert, by RFC 8446, section 5.1.
const TLS_ALERT: u8 = 21;

/// Runs a connection until it breaks (an error) or the connector has said goodbye.
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
        is_flushed: true,
        is_online: false,
        holds_until: None,
        heard: Instant::now(),
        spoke: Instant::now(),
        asked: None,
    };
    let ended = client.run(identity).await;
    bus.protocol().outbox.delivered(&client.link.take_delivered());
    let is_closed = ended.as_ref().is_err_and(LinkError::is_closed);
    bus.offline(client.link.undelivered(), is_closed);
    ended.map_err(|error| Broken { error, was_online: client.is_online })
}

/// A connection that ended, or never began.
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
    /// Whether all that was written is on its way: TLS may keep a part back.
    is_flushed: bool,
    is_online: bool,
    /// When raw messages need not wait any more.
    holds_until: Option<Instant>,
    /// When the broker last sent anything, and when we did.
    heard: Instant,
    spoke: Instant,
    /// When we asked whether it is there, until it answers.
    asked: Option<Instant>,
}

impl Client<'_> {
    async fn run(&mut self, identity: &Identity) -> Result<(), LinkError> {
        let bus = self.bus;
        tokio::select! {
            begun = self.begin(identity) => begun?,
            () = bus.goodbye() => return Ok(()),
        }
        self.is_online = true;
        self.holds_until = Some(Instant::now() + exchange::HOLD);
        bus.online();
        tracing::info!("connected to the broker");
        tokio::select! {
            ended = self.work() => return ended,
            () = bus.goodbye() => {}
        }
        // Whatever the broker does now, the connector leaves.
        let _ = timeout(GOODBYE, self.leave()).await;
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
            if self.input.first() == Some(&TLS_ALERT) {
                return Err(LinkError::Mute);
            }
            match self.next_packet()? {
                Some(Packet::ConnAck(ack)) if ack.code == ConnectReturnCode::Success => {
                    return Ok(());
                }
                Some(Packet::ConnAck(ack)) => return Err(LinkError::Refused(ack.code)),
                Some(_) => return Err(LinkError::Unexpected),
                None => self.read().await.map_err(LinkError::at_first)?,
            }
        }
    }

    /// Waits until all is confirmed.
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

    /// Sends what is left, then the goodbye of MQTT.
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

    /// Takes what the session has to say, then waits for the next thing that can be done. Dropping
    /// this future loses nothing: what was read or written in part is kept.
    async fn exchange(&mut self) -> Result<(), LinkError> {
        // More than a socket takes at once waits already: who has more to say need not wake us.
        let is_full = self.link.is_full();
        if !is_full {
            self.take_work()?;
        }
        self.input.reserve(READ);
        let has_output = !(self.link.out.is_empty() && self.is_flushed);
        let stalled = self.link.stalled_at();
        let until = match self.asked {
            Some(asked) => asked + self.link.patience(),
            None => self.heard.min(self.spoke) + ASK_AFTER,
        };
        tokio::select! {
            read = self.reader.read_buf(&mut self.input) => {
                self.took(read?)?;
                self.handle_input()
            }
            written = write(&mut self.writer, &mut self.link.out), if has_output => {
                self.is_flushed = written? == 0;
                self.spoke = Instant::now();
                self.link.wrote(self.spoke);
                Ok(())
            }
            () = self.bus.changed(), if !is_full => Ok(()),
            () = sleep_until(until) => self.ask(),
            () = sleep_until(stalled.unwrap_or(until)), if stalled.is_some() => self.link.check(Instant::now()),
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
        exchange::take_work(&mut self.link, self.bus, Instant::now())
    }

    fn ask(&mut self) -> Result<(), LinkError> {
        if self.asked.replace(Instant::now()).is_some() {
            return Err(LinkError::Silent(self.link.patience()));
        }
        self.link.write(&Packet::PingReq)
    }

    async fn read(&mut self) -> Result<(), LinkError> {
        let count = self.reader.read_buf(&mut self.input).await?;
        self.took(count)
    }

    fn took(&mut self, count: usize) -> Result<(), LinkError> {
        (self.heard, self.asked) = (Instant::now(), None);
        if count == 0 { Err(LinkError::Closed) } else { Ok(()) }
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, LinkError> {
        loop {
            match self.oversized.skip(&mut self.input) {
                Front::Usual => break,
                Front::Unclear => return Ok(None),
                Front::Large(header) => self.pass_over(header)?,
            }
        }
        Ok(codec::read(&mut self.input)?)
    }

    /// A message that is too large is confirmed like any other, so that it does not come again.
    fn pass_over(&mut self, header: Header) -> Result<(), LinkError> {
        let Header { topic, qos, pkid, bytes } = header;
        self.bus.metrics.too_large.inc();
        tracing::error!("a message of {bytes} bytes on `{topic}` is ignored: it is too large");
        let mut message = Publish::new(topic, qos, Vec::new());
        message.pkid = pkid;
        self.link.receive(Packet::Publish(message), Instant::now()).map(drop)
    }

    fn handle_input(&mut self) -> Result<(), LinkError> {
        while let Some(packet) = self.next_packet()? {
            let now = Now::read();
            let event = self.link.receive(packet, now.instant)?;
            exchange::hear(self.bus, event, now)?;
        }
        if !self.input.is_empty() {
            self.link.hears_part(Instant::now());
        }
        Ok(())
    }
}

/// Writes what it can; where all is written, sees to it that nothing stays behind.
async fn write(writer: &mut WriteHalf<Box<dyn Stream>>, out: &mut BytesMut) -> io::Result<usize> {
    if out.is_empty() { writer.flush().await.map(|()| 0) } else { writer.write_buf(out).await }
}
