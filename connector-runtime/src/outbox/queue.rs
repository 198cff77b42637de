//! The queue of messages that wait for the broker, until it has acknowledged them.
//!
//! The outbox owns the messages, not the MQTT client: a link takes a message from it, and returns
//! it to the front if the link breaks before the acknowledgement.
//!
//! With a [spool](crate::outbox::spool), raw messages and values are also written to disk, and
//! during a long outage the middle of the queue is on disk only. Messages go to the broker in this
//! order:
//!
//! ```text
//! waiting (in memory)   spilled (on disk)   later (in memory)
//! ```
//!
//! Raw messages and values have different topics, so each kind is a queue of its own: values do not
//! wait for raw messages on disk.
//!
//! While nothing waits, values with QoS 0 need no queue: they are encoded at once and sent before
//! all later messages. If the link breaks first, they become messages again.

mod on_disk;

use std::sync::Arc;

use bytes::BytesMut;

use crate::{
    mqtt::codec::QoS,
    outbox::{
        lane::Lane,
        message::{Delivered, MessageKind, Publish},
        packets::Packets,
        poison::PoisonDetector,
        spilled::Spilled,
        spool::Spool,
    },
    telemetry::metrics::Backlog,
};

/// The maximum number of bytes that wait in memory, by [`Publish::cost`].
pub(crate) const LIMIT: usize = 16 << 20;

/// The maximum cost of one message: several copies of it exist on its way.
const LARGEST: usize = 4 << 20;

/// The messages that wait for the broker.
///
/// # Order of calls
///
/// [`new`](Self::new), then [`attach`](Self::attach) if there is a spool. While connected, the link
/// calls [`take_packets`](Self::take_packets), then [`pop`](Self::pop) while it has room, and
/// reports acknowledgements with [`delivered`](Self::delivered). After the connection has ended,
/// all messages that were popped and not acknowledged must return with
/// [`give_back`](Self::give_back) before the next [`pop`](Self::pop).
///
/// # Methods
///
/// - **Inputs**: [`push`](Self::push), [`push_first`](Self::push_first), [`push_packet`](Self::push_packet),
///   [`delivered`](Self::delivered), [`give_back`](Self::give_back), [`forget`](Self::forget),
///   [`hold_raw`](Self::hold_raw), [`release_raw`](Self::release_raw).
/// - **Outputs**: [`take_packets`](Self::take_packets), [`pop`](Self::pop),
///   [`take_dropped`](Self::take_dropped), [`take_lost_on_disk`](Self::take_lost_on_disk),
///   [`take_too_large`](Self::take_too_large).
/// - **Getters**: [`next_qos`](Self::next_qos), [`waiting`](Self::waiting),
///   [`is_crowded`](Self::is_crowded), [`has_room`](Self::has_room),
///   [`is_disk_behind`](Self::is_disk_behind), [`room_for_last_values`](Self::room_for_last_values),
///   [`backlog`](Self::backlog).
#[derive(Debug)]
pub(crate) struct Outbox {
    /// Values that are sent before all waiting messages.
    packets: Packets,
    waiting: Lane,
    /// Whether raw messages are held back for now.
    holds_raw: bool,
    spilled: Spilled,
    later: Lane,
    limit: usize,
    /// Whether there is no link.
    is_cut_off: bool,
    dropped: u64,
    lost_on_disk: u64,
    too_large: u64,
    spool: Option<Arc<Spool>>,
    last_seq: u64,
    /// The value of [`Spool::written`] at the last [`spill`](Self::spill).
    spilled_to: u64,
    pub(crate) poison: PoisonDetector,
}

impl Outbox {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            packets: Packets::default(),
            waiting: Lane::default(),
            holds_raw: false,
            spilled: Spilled::default(),
            later: Lane::default(),
            limit,
            is_cut_off: true,
            dropped: 0,
            lost_on_disk: 0,
            too_large: 0,
            spool: None,
            last_seq: 0,
            spilled_to: 0,
            poison: PoisonDetector::default(),
        }
    }

    /// Attaches a spool: from now on messages are copied to disk, and those of an earlier run are
    /// taken over.
    pub(crate) fn attach(&mut self, spool: Arc<Spool>) {
        self.last_seq = spool.first_seq();
        self.spool = Some(spool);
        self.take_found();
    }

    pub(crate) fn push(&mut self, mut publish: Publish) {
        self.take_found();
        let limit = self.spool.as_ref().map_or(self.limit, |spool| spool.limit().min(self.limit));
        let is_kept = publish.kind != MessageKind::Passing;
        if is_kept
            && (publish.cost() > limit.min(LARGEST) || !self.poison.allows(publish.payload.len()))
        {
            let Publish { topic, payload, .. } = publish;
            tracing::error!(
                "dropped a message of {} bytes for `{topic}`: it is too large",
                payload.len()
            );
            self.too_large += 1;
            return;
        }
        if let Some(spool) = self.spool.as_ref().filter(|_| publish.is_durable()) {
            self.last_seq += 1;
            publish.seq = self.last_seq;
            spool.put(&publish);
        }
        let is_behind = publish.seq > 0 && self.spilled.has(publish.kind);
        if is_behind { &mut self.later } else { &mut self.waiting }.push_back(publish);
        self.spill();
        self.keep_limits();
    }

    /// Publishes a retained value with QoS 0 as a packet, if nothing else waits; its payload
    /// consists of these parts. If this returns false, [`push`](Self::push) the value instead.
    pub(crate) fn push_packet(&mut self, topic: &str, payload: &[&[u8]]) -> bool {
        let most = self.most_packets();
        let is_next = !self.is_cut_off && self.next().is_none();
        let length = payload.iter().map(|part| part.len()).sum();
        let is_possible = is_next
            && self.packets.bytes() + length < most
            && self.in_memory() + length < self.limit
            && self.poison.allows(length)
            && !self.poison.is_cautious();
        if is_possible {
            self.packets.push(topic, payload);
        }
        is_possible
    }

    /// Moves the oldest packets to `out`, as many as one write takes.
    pub(crate) fn take_packets(&mut self, out: &mut BytesMut) {
        self.packets.take(out);
    }

    /// Inserts a message before all others.
    pub(crate) fn push_first(&mut self, publish: Publish) {
        self.waiting.push_front(publish);
        self.keep_limits();
    }

    /// Returns the oldest message, which the link owns from then on.
    pub(crate) fn pop(&mut self) -> Option<Publish> {
        self.read_back();
        self.waiting.pop_front(!self.holds_raw)
    }

    /// Returns the QoS of the message that [`pop`](Self::pop) would return.
    pub(crate) fn next_qos(&mut self) -> Option<QoS> {
        self.read_back();
        self.next().map(|publish| publish.qos)
    }

    fn next(&self) -> Option<&Publish> {
        self.waiting.front(!self.holds_raw)
    }

    /// Reports acknowledged messages.
    pub(crate) fn delivered(&mut self, delivered: &Delivered) {
        self.poison.delivered(delivered.seqs.len(), delivered.largest);
        if let Some(spool) = &self.spool {
            spool.remove(&delivered.seqs);
        }
    }

    /// Removes a message from disk that must not be sent again.
    pub(crate) fn forget(&mut self, publish: &Publish) {
        if let Some(spool) = &self.spool {
            spool.remove(&[publish.seq]);
        }
    }

    /// Reports that there is a link. If raw messages are waiting, none is sent until
    /// [`release_raw`](Self::release_raw).
    ///
    /// Raw messages are not retained, so only connected clients receive them. After an outage of
    /// the broker, the raw message database takes some seconds longer than the connector to
    /// reconnect.
    pub(crate) fn hold_raw(&mut self) {
        self.is_cut_off = false;
        self.holds_raw = self.waiting.has(MessageKind::Raw) || self.spilled.has(MessageKind::Raw);
    }

    /// Sends raw messages again, beginning with those that were held back.
    pub(crate) fn release_raw(&mut self) {
        self.holds_raw = false;
    }

    /// Reports that the link has ended, and takes back the messages that it did not deliver, in
    /// their order.
    pub(crate) fn give_back(&mut self, undelivered: impl DoubleEndedIterator<Item = Publish>) {
        self.is_cut_off = true;
        self.release_raw();
        self.waiting.prepend(self.packets.take_messages().into_iter());
        self.waiting.prepend(undelivered);
        drop(self.waiting.take(MessageKind::Passing));
        self.keep_limits();
    }

    /// Returns whether a passing message waits for this topic.
    pub(crate) fn has_passing(&self, topic: &str) -> bool {
        self.waiting.has_passing(topic)
    }

    /// Returns the waiting messages in memory.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Publish> {
        self.waiting.iter().chain(self.later.iter())
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.packets.len() == 0 && self.waiting.len() == 0 && self.spilled.is_empty()
    }

    /// Returns whether sources should wait for the broker.
    pub(crate) fn is_crowded(&self) -> bool {
        self.in_memory() > self.enough() || self.packets.bytes() > self.most_packets() / 2
    }

    /// Returns whether sources should wait for the disk: it writes more slowly than they read.
    pub(crate) fn is_disk_behind(&self) -> bool {
        self.spool.as_ref().is_some_and(|spool| spool.is_behind())
    }

    /// Returns whether waiting sources can continue for a while: to wake one costs more than its
    /// message.
    pub(crate) fn has_room(&self) -> bool {
        self.in_memory() <= self.enough() / 2 && self.packets.bytes() <= self.most_packets() / 4
    }

    /// Returns how many bytes of last values may be added now, if any: only those that the link sends
    /// soon, so that they displace no new value.
    pub(crate) fn room_for_last_values(&self) -> Option<usize> {
        let is_behind = self.spilled.has(MessageKind::Value) || self.later.has(MessageKind::Value);
        let room = (self.enough() / 2).saturating_sub(self.in_memory());
        (!is_behind && room > 0 && self.has_room()).then_some(room)
    }

    /// The number of bytes from which on sources wait while there is a link; more messages would
    /// only be older when they are sent. With a spool this includes messages that were read back
    /// from disk, which sources must not wait for.
    fn enough(&self) -> usize {
        if self.spool.is_some() { self.limit / 4 } else { self.limit / 32 }
    }

    /// The maximum number of bytes of packets. Sources wait at half of it, so that a message that
    /// is being processed still has room.
    fn most_packets(&self) -> usize {
        self.limit / 32
    }

    /// Returns the number of messages dropped since the last call, as there was no room.
    pub(crate) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    /// Returns the number of messages since the last call that were on disk only, and not found there.
    pub(crate) fn take_lost_on_disk(&mut self) -> u64 {
        // Without a broker and without new messages, this is the only call.
        self.take_found();
        std::mem::take(&mut self.lost_on_disk)
    }

    /// Returns the number of messages that were too large since the last call.
    pub(crate) fn take_too_large(&mut self) -> u64 {
        std::mem::take(&mut self.too_large)
    }

    pub(crate) fn backlog(&self) -> Backlog {
        let spool = self.spool.as_ref().map(|spool| spool.health()).unwrap_or_default();
        Backlog {
            messages: self.packets.len()
                + self.waiting.len()
                + self.spilled.len()
                + self.later.len(),
            bytes: self.in_memory() + self.spilled.bytes(),
            spilled: self.spilled.len(),
            is_degraded: spool.is_degraded,
            last_commit: spool.last_commit,
        }
    }

    fn in_memory(&self) -> usize {
        self.packets.bytes() + self.waiting.bytes() + self.later.bytes()
    }

    fn keep_limits(&mut self) {
        while self.in_memory() > self.limit && self.drop_oldest(false) {}
        if let Some(limit) = self.spool.as_ref().map(|spool| spool.limit()) {
            while self.in_memory() + self.spilled.bytes() > limit && self.drop_oldest(true) {}
        }
    }

    /// Drops the oldest raw message, log message, or value; returns false if there is none.
    fn drop_oldest(&mut self, also_on_disk: bool) -> bool {
        let in_memory = |publish: Publish| publish.seq;
        let dropped = self
            .waiting
            .pop_first(MessageKind::Raw)
            .map(in_memory)
            .or_else(|| self.drop_spilled(MessageKind::Raw, also_on_disk))
            .or_else(|| self.later.pop_first(MessageKind::Raw).map(in_memory))
            .or_else(|| self.waiting.pop_first(MessageKind::Log).map(in_memory))
            .or_else(|| self.waiting.pop_first(MessageKind::Value).map(in_memory))
            .or_else(|| self.drop_spilled(MessageKind::Value, also_on_disk))
            .or_else(|| self.later.pop_first(MessageKind::Value).map(in_memory));
        let Some(seq) = dropped else { return false };
        self.dropped += 1;
        if let Some(spool) = &self.spool {
            spool.remove(&[seq]);
        }
        self.close_gap();
        true
    }

    fn drop_spilled(&mut self, kind: MessageKind, is_wanted: bool) -> Option<u64> {
        let stub = if is_wanted { self.spilled.pop(kind) } else { None };
        stub.map(|stub| stub.seq)
    }
}

#[cfg(test)]
mod tests;
