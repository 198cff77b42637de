//! The line between a connector and its broker: it is slow, it loses packets, it breaks, and it stays
//! half-open, where everything vanishes and nobody is told.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::BytesMut;
use rumqttc::{ConnAck, ConnectReturnCode, LastWill, Packet, QoS};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf},
    sync::mpsc,
    task::AbortHandle,
    time::{Instant, sleep, sleep_until, timeout_at},
};

use crate::broker::{Broker, ClientId};

/// Bytes on their way in each direction.
const PIPE: usize = 64 << 10;

/// A client that is silent for so long is gone: one and a half of the keep-alive of 20 s.
const SILENCE: Duration = Duration::from_secs(30);

/// Which way a packet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    Up,
    Down,
}

/// All that can be lost. Of the broker's messages these are commands: a map or a status that is lost
/// on a line that works otherwise is beyond what MQTT can repair.
pub(crate) const LOSSES: [(Way, &str); 17] = [
    (Way::Up, "connect"),
    (Way::Up, "publish"),
    (Way::Up, "puback"),
    (Way::Up, "pubrec"),
    (Way::Up, "pubrel"),
    (Way::Up, "pubcomp"),
    (Way::Up, "subscribe"),
    (Way::Up, "pingreq"),
    (Way::Down, "connack"),
    (Way::Down, "publish"),
    (Way::Down, "puback"),
    (Way::Down, "pubrec"),
    (Way::Down, "pubrel"),
    (Way::Down, "pubcomp"),
    (Way::Down, "suback"),
    (Way::Down, "pingresp"),
    (Way::Up, "disconnect"),
];

fn kind(way: Way, packet: &Packet) -> &'static str {
    match packet {
        Packet::Connect(_) => "connect",
        Packet::ConnAck(_) => "connack",
        Packet::Publish(publish) if way == Way::Down && publish.topic.starts_with("demo/") => "own",
        Packet::Publish(_) => "publish",
        Packet::PubAck(_) => "puback",
        Packet::PubRec(_) => "pubrec",
        Packet::PubRel(_) => "pubrel",
        Packet::PubComp(_) => "pubcomp",
        Packet::Subscribe(_) => "subscribe",
        Packet::SubAck(_) => "suback",
        Packet::Unsubscribe(_) => "unsubscribe",
        Packet::UnsubAck(_) => "unsuback",
        Packet::PingReq => "pingreq",
        Packet::PingResp => "pingresp",
        Packet::Disconnect => "disconnect",
    }
}

/// The line and the broker at its end; a clone is the same.
#[derive(Clone)]
pub(crate) struct Network(Arc<Mutex<State>>);

pub(crate) struct State {
    pub(crate) broker: Broker,
    /// The longest time that a packet is on its way, in milliseconds.
    pub(crate) latency: u64,
    /// The next packet of this kind is lost.
    pub(crate) loses: Option<(Way, &'static str)>,
    /// Whether a value or a raw message, or the word that it may be passed on, was ever lost: then later
    /// ones came first.
    pub(crate) has_lost_publish: bool,
    /// Nobody listens.
    pub(crate) is_down: bool,
    pub(crate) connections: usize,
    lines: BTreeMap<ClientId, Line>,
    tells: bool,
    story: DefaultHasher,
    began: Instant,
}

struct Line {
    task: AbortHandle,
    down: mpsc::UnboundedSender<(Instant, Packet)>,
    /// When the last packet that is on its way down will be there.
    last_down: Instant,
    is_half_open: bool,
    heard: Instant,
}

impl State {
    pub(crate) fn tell(&self, what: &str) {
        if self.tells {
            println!("{:>9.3} {what}", self.began.elapsed().as_secs_f64());
        }
    }

    /// Everybody who is connected.
    pub(crate) fn clients(&self) -> Vec<ClientId> {
        self.lines.keys().copied().collect()
    }

    pub(crate) fn half_open(&mut self) {
        self.lines.values_mut().for_each(|line| line.is_half_open = true);
    }

    pub(crate) fn is_half_open(&self) -> bool {
        self.lines.values().any(|line| line.is_half_open)
    }

    pub(crate) fn publish(&mut self, topic: &str, payload: &str, qos: QoS, retain: bool) {
        self.broker.publish(topic, &payload.to_owned().into(), qos, retain);
        self.hand_out();
    }

    /// What the story so far was, in short.
    pub(crate) fn story(&self) -> u64 {
        self.story.finish()
    }

    /// Whether this packet is lost; it becomes part of the story.
    fn note(&mut self, way: Way, packet: &Packet) -> bool {
        let kind = kind(way, packet);
        let is_lost = self.loses == Some((way, kind));
        if is_lost {
            self.loses = None;
            self.has_lost_publish |= way == Way::Up && matches!(kind, "publish" | "pubrel");
        }
        (self.began.elapsed(), way, kind, is_lost).hash(&mut self.story);
        if self.tells {
            let lost = if is_lost { "lost: " } else { "" };
            let payload = match packet {
                Packet::Publish(publish) => String::from_utf8_lossy(&publish.payload),
                _ => "".into(),
            };
            self.tell(&format!("{way:?} {lost}{packet:?} {payload}"));
        }
        is_lost
    }

    fn hand_out(&mut self) {
        for (id, packet) in std::mem::take(&mut self.broker.out) {
            let arrival = self.arrival();
            if self.note(Way::Down, &packet) {
                continue;
            }
            if let Some(line) = self.lines.get_mut(&id) {
                line.last_down = line.last_down.max(arrival);
                // The connection may be about to close.
                let _ = line.down.send((line.last_down, packet));
            }
        }
    }

    fn arrival(&self) -> Instant {
        Instant::now() + Duration::from_millis(fastrand::u64(0..=self.latency))
    }

    fn take(&mut self, id: ClientId, packet: Packet) {
        if let Packet::Connect(connect) = packet {
            self.broker.connect(id, connect.last_will);
            let ack = Packet::ConnAck(ConnAck::new(ConnectReturnCode::Success, false));
            self.broker.out.push((id, ack));
        } else {
            assert!(self.broker.receive(id, packet), "the connector breaks the protocol");
        }
        self.hand_out();
    }

    fn publish_will(&mut self, will: Option<LastWill>) {
        self.broker.publish_will(will);
        self.hand_out();
    }
}

impl Network {
    pub(crate) fn new(tells: bool) -> Self {
        Self(Arc::new(Mutex::new(State {
            broker: Broker::default(),
            latency: 0,
            loses: None,
            has_lost_publish: false,
            is_down: false,
            connections: 0,
            lines: BTreeMap::new(),
            tells,
            story: DefaultHasher::new(),
            began: Instant::now(),
        })))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no simulation goes on after a panic")
    }

    /// Opens a connection, as the connector does.
    pub(crate) fn open(&self) -> io::Result<DuplexStream> {
        let mut state = self.state();
        if state.is_down {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (client, server) = tokio::io::duplex(PIPE);
        state.connections += 1;
        let (id, now) = (state.connections, Instant::now());
        state.tell(&format!("connection {id}"));
        let (down, packets) = mpsc::unbounded_channel();
        let task = tokio::spawn(self.clone().serve(id, server, packets)).abort_handle();
        let line = Line { task, down, last_down: now, is_half_open: false, heard: now };
        state.lines.insert(id, line);
        Ok(client)
    }

    /// Cuts all connections; the broker notices after this time.
    pub(crate) fn cut(&self, later: Duration) {
        let clients = self.state().clients();
        for id in clients {
            let line = self.state().lines.remove(&id);
            line.inspect(|line| line.task.abort());
            let network = self.clone();
            tokio::spawn(async move {
                sleep(later).await;
                network.forget(id);
            });
        }
    }

    /// The broker ends, and all that was in its memory is gone but, where it is kept on disk, what was
    /// retained.
    pub(crate) fn crash(&self, keeps_retained: bool) {
        let mut state = self.state();
        for line in std::mem::take(&mut state.lines).values() {
            line.task.abort();
        }
        let retained = std::mem::take(&mut state.broker.retained);
        state.broker.restart();
        if keeps_retained {
            state.broker.retained = retained;
        }
        state.is_down = true;
    }

    fn forget(&self, id: ClientId) {
        let mut state = self.state();
        let will = state.broker.disconnect(id);
        state.publish_will(will);
    }

    fn is_half_open(&self, id: ClientId) -> bool {
        self.state().lines.get(&id).is_none_or(|line| line.is_half_open)
    }

    async fn serve(
        self,
        id: ClientId,
        stream: DuplexStream,
        down: mpsc::UnboundedReceiver<(Instant, Packet)>,
    ) {
        let (reader, writer) = tokio::io::split(stream);
        let (up, arrived) = mpsc::unbounded_channel();
        tokio::select! {
            biased;
            () = self.read(id, reader, up) => {}
            () = self.take(id, arrived) => {}
            () = self.write(id, writer, down) => {}
        }
        let line = self.state().lines.remove(&id);
        if let Some(Line { is_half_open: true, heard, .. }) = line {
            sleep_until(heard + SILENCE).await;
        }
        self.forget(id);
    }

    /// Reads until the connector closes the connection, or has said nothing for too long.
    async fn read(
        &self,
        id: ClientId,
        mut reader: ReadHalf<DuplexStream>,
        up: mpsc::UnboundedSender<(Instant, Packet)>,
    ) {
        let (mut input, mut last) = (BytesMut::new(), Instant::now());
        let mut is_forgotten = false;
        loop {
            let heard = self.state().lines.get(&id).map_or_else(Instant::now, |line| line.heard);
            let deadline = if is_forgotten { heard + SILENCE * 100 } else { heard + SILENCE };
            match timeout_at(deadline, reader.read_buf(&mut input)).await {
                Ok(Ok(0) | Err(_)) => return,
                Ok(Ok(_)) => {}
                Err(_) if self.is_half_open(id) => {
                    self.forget(id);
                    is_forgotten = true;
                }
                Err(_) => return,
            }
            while let Ok(packet) = Packet::read(&mut input, usize::MAX) {
                let mut state = self.state();
                let arrival = state.arrival();
                let Some(line) = state.lines.get_mut(&id).filter(|line| !line.is_half_open) else {
                    continue;
                };
                line.heard = Instant::now();
                last = last.max(arrival);
                if !state.note(Way::Up, &packet) {
                    // The one who takes them ends together with this.
                    let _ = up.send((last, packet));
                }
            }
        }
    }

    async fn take(&self, id: ClientId, mut up: mpsc::UnboundedReceiver<(Instant, Packet)>) {
        while let Some((arrival, packet)) = up.recv().await {
            sleep_until(arrival).await;
            let is_goodbye = packet == Packet::Disconnect;
            if !self.is_half_open(id) {
                self.state().take(id, packet);
                if is_goodbye {
                    return;
                }
            }
        }
        std::future::pending::<()>().await;
    }

    async fn write(
        &self,
        id: ClientId,
        mut writer: WriteHalf<DuplexStream>,
        mut down: mpsc::UnboundedReceiver<(Instant, Packet)>,
    ) {
        let mut bytes = BytesMut::new();
        while let Some((arrival, packet)) = down.recv().await {
            sleep_until(arrival).await;
            if self.is_half_open(id) {
                continue;
            }
            packet.write(&mut bytes, usize::MAX).expect("the broker's packets can be written");
            if writer.write_all_buf(&mut bytes).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    }
}
