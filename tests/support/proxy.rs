//! A TCP proxy between an MQTT client and its broker, which does them harm.
//!
//! It forwards whole packets, so that it can count them and drop one of a certain type.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{Instant, sleep, sleep_until},
};

use super::{
    patience::patiently,
    port::{bound, free_port},
};

/// Packets of one direction that are on their way at most; the sender of more has to wait.
const ON_THE_WAY: usize = 1024;

/// Which way a packet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    ToBroker,
    ToClient,
}

/// The types of packets, by their numbers in MQTT 3.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    ConnAck = 2,
    Publish = 3,
    PubAck = 4,
    PubRec = 5,
    PubRel = 6,
    PubComp = 7,
    Subscribe = 8,
    SubAck = 9,
    PingResp = 13,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Harm {
    Drop,
    Repeat,
}

/// Does something to the n-th packet of a kind from now on.
struct Rule {
    way: Way,
    kind: Kind,
    nth: usize,
    harm: Harm,
}

/// The state of the line.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    /// Nothing passes, but links stay open, and new ones are accepted.
    is_frozen: bool,
    is_closed: bool,
    delay: Duration,
    /// Bytes a second and direction; all that come where this is 0.
    rate: u32,
    /// Links that were open before are ended by this.
    cuts: usize,
    /// They end without a goodbye of TCP, too.
    by_reset: bool,
}

/// What has passed so far.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    pub links: usize,
    passed: [[usize; 16]; 2],
    pub harmed: usize,
}

impl Counts {
    pub fn passed(&self, way: Way, kind: Kind) -> usize {
        self.passed[way as usize][kind as usize]
    }
}

/// Is told of each packet just before it passes: its link, its way, and its bytes.
pub type Watch = Box<dyn Fn(usize, Way, &[u8]) + Send + Sync>;

struct Shared {
    broker: u16,
    line: watch::Sender<Line>,
    rules: Mutex<Vec<Rule>>,
    counts: watch::Sender<Counts>,
    watch: Watch,
}

pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Aborted when dropped.
    accepts: JoinHandle<()>,
}

impl Proxy {
    pub async fn start(broker: u16) -> Self {
        Self::watched(broker, Box::new(|_, _, _| {})).await
    }

    pub async fn watched(broker: u16, watch: Watch) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let listener = bound(|| TcpListener::bind(address)).await;
        let (line, counts) = (watch::Sender::default(), watch::Sender::default());
        let shared = Arc::new(Shared { broker, line, rules: Mutex::default(), counts, watch });
        let accepts = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, accepts }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Drops the n-th packet of a kind from now on; the next one is the first.
    pub fn drop_nth(&self, way: Way, kind: Kind, nth: usize) {
        self.harm(Rule { way, kind, nth, harm: Harm::Drop });
    }

    /// Sends the n-th packet of a kind from now on twice.
    pub fn repeat_nth(&self, way: Way, kind: Kind, nth: usize) {
        self.harm(Rule { way, kind, nth, harm: Harm::Repeat });
    }

    fn harm(&self, rule: Rule) {
        self.shared.rules.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    /// Ends all links in good order (FIN).
    pub fn cut(&self) {
        self.change(|line| (line.cuts, line.by_reset) = (line.cuts + 1, false));
    }

    /// Ends all links at once (RST); what is on its way is lost.
    pub fn reset(&self) {
        self.change(|line| (line.cuts, line.by_reset) = (line.cuts + 1, true));
    }

    /// Lets nothing pass, or all that waited.
    pub fn freeze(&self, is_frozen: bool) {
        self.change(|line| line.is_frozen = is_frozen);
    }

    /// Refuses new links, or takes them again.
    pub fn close(&self, is_closed: bool) {
        self.change(|line| line.is_closed = is_closed);
    }

    /// Delays each packet, and lets only so many bytes pass a second in each direction.
    pub fn slow_down(&self, delay: Duration, rate: u32) {
        self.change(|line| (line.delay, line.rate) = (delay, rate));
    }

    fn change(&self, change: impl FnOnce(&mut Line)) {
        self.shared.line.send_modify(change);
    }

    pub fn counts(&self) -> Counts {
        self.shared.counts.borrow().clone()
    }

    /// Waits until the counts fulfil a condition.
    pub async fn until(&self, condition: impl Fn(&Counts) -> bool) {
        let mut counts = self.shared.counts.subscribe();
        let _ = counts.wait_for(|counts| condition(counts)).await;
    }

    /// Waits until one more packet of a kind has passed.
    pub async fn next(&self, way: Way, kind: Kind) {
        let before = self.counts().passed(way, kind);
        self.until(|counts| counts.passed(way, kind) > before).await;
    }

    /// Waits until all rules so far have been applied.
    pub async fn harmed(&self, times: usize) {
        let instead = || format!("only {} of {times} packets came", self.counts().harmed);
        patiently(self.until(|counts| counts.harmed >= times), instead).await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepts.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        if shared.line.borrow().is_closed {
            let _ = client.set_zero_linger();
            continue;
        }
        shared.counts.send_modify(|counts| counts.links += 1);
        let (shared, number) = (Arc::clone(&shared), shared.counts.borrow().links);
        tokio::spawn(async move {
            // A broker that is not there ends the link.
            let _ = serve(client, number, &shared).await;
        });
    }
}

async fn serve(client: TcpStream, number: usize, shared: &Shared) -> io::Result<()> {
    let mut line = shared.line.subscribe();
    let cuts = line.borrow().cuts;
    let broker = TcpStream::connect(("127.0.0.1", shared.broker)).await?;
    client.set_nodelay(true)?;
    broker.set_nodelay(true)?;
    let ((from_client, mut to_client), (from_broker, mut to_broker)) =
        (client.into_split(), broker.into_split());
    let (client_queue, for_client) = mpsc::channel(ON_THE_WAY);
    let (broker_queue, for_broker) = mpsc::channel(ON_THE_WAY);
    // An end of either side is passed on behind what that side has said.
    tokio::select! {
        _ = async { tokio::join!(
            take(from_client, Way::ToBroker, broker_queue, shared),
            give(for_broker, &mut to_broker, Way::ToBroker, number, shared),
        ) } => {}
        _ = async { tokio::join!(
            take(from_broker, Way::ToClient, client_queue, shared),
            give(for_client, &mut to_client, Way::ToClient, number, shared),
        ) } => {}
        _ = line.wait_for(|line| line.cuts > cuts) => {}
    }
    if shared.line.borrow().by_reset {
        for half in [to_client, to_broker] {
            half.as_ref().set_zero_linger()?;
            half.forget();
        }
        return Ok(());
    }
    let _ = tokio::join!(to_client.shutdown(), to_broker.shutdown());
    Ok(())
}

/// Reads packets, until there are no more.
async fn take(
    mut from: OwnedReadHalf,
    way: Way,
    queue: mpsc::Sender<(Instant, BytesMut)>,
    shared: &Shared,
) {
    let mut input = BytesMut::new();
    loop {
        while let Some(length) = packet_length(&input).filter(|length| *length <= input.len()) {
            let packet = input.split_to(length);
            let due = Instant::now() + shared.line.borrow().delay;
            let copies = match shared.harm(way, packet[0] >> 4) {
                None => 1,
                Some(Harm::Drop) => 0,
                Some(Harm::Repeat) => 2,
            };
            for _ in 0..copies {
                if queue.send((due, packet.clone())).await.is_err() {
                    return;
                }
            }
        }
        // It acknowledges as a client at the other end would, not after 40 ms: a broker may wait for that (Nagle).
        let _ = from.as_ref().set_quickack(true);
        if !from.read_buf(&mut input).await.is_ok_and(|read| read > 0) {
            return;
        }
    }
}

/// Writes packets when it is their time.
async fn give(
    mut queue: mpsc::Receiver<(Instant, BytesMut)>,
    to: &mut OwnedWriteHalf,
    way: Way,
    number: usize,
    shared: &Shared,
) {
    let mut line = shared.line.subscribe();
    while let Some((due, packet)) = queue.recv().await {
        sleep_until(due).await;
        (shared.watch)(number, way, &packet);
        // A slow line carries a large packet in pieces.
        for piece in packet.chunks(4096) {
            let _ = line.wait_for(|line| !line.is_frozen).await;
            let rate = line.borrow().rate;
            if to.write_all(piece).await.is_err() {
                return;
            }
            if rate > 0 {
                let bytes = u32::try_from(piece.len()).expect("at most 4096");
                sleep(Duration::from_secs(1) * bytes / rate).await;
            }
        }
        shared.counts.send_modify(|counts| {
            counts.passed[way as usize][usize::from(packet[0] >> 4)] += 1;
        });
    }
}

impl Shared {
    /// What is to be done to this packet, by the first rule whose turn it is.
    fn harm(&self, way: Way, kind: u8) -> Option<Harm> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |rule: &Rule| rule.way == way && rule.kind as u8 == kind;
        let its = rules.iter_mut().filter(|rule| fits(rule));
        its.for_each(|rule| rule.nth = rule.nth.saturating_sub(1));
        let at = rules.iter().position(|rule| fits(rule) && rule.nth == 0)?;
        let harm = rules.swap_remove(at).harm;
        self.counts.send_modify(|counts| counts.harmed += 1);
        Some(harm)
    }
}

/// The bytes of the packet that begins here, if its fixed header is there: MQTT 3.1.1, section 2.2.
pub fn packet_length(input: &[u8]) -> Option<usize> {
    let mut remaining = 0;
    for (i, byte) in input.iter().skip(1).take(4).enumerate() {
        remaining |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some(2 + i + remaining);
        }
    }
    None
}
