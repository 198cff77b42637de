//! An MQTT 3.1.1 connection as a state machine: packets in, bytes out.
//!
//! It lives as long as the connection. Only unacknowledged messages survive it: they return to the
//! outbox. No client library does that, so only the [`codec`] is taken from one.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use bytes::BytesMut;
use tokio::time::Instant;

use crate::{
    mqtt::{
        LinkError,
        codec::{
            self, Packet, PubAck, PubComp, PubRec, PubRel, QoS, Subscribe, SubscribeFilter,
            SubscribeReasonCode, Unsubscribe,
        },
        time_for,
    },
    outbox::{Delivered, Outbox, Publish},
};

/// The maximum span from the oldest unacknowledged message to the newest. mosquitto acknowledges,
/// but does not deliver, more than 20 messages with QoS 2.
const WINDOW: usize = 16;

/// The maximum number of bytes of unacknowledged messages, unless a single one has more.
const WINDOW_BYTES: usize = 1 << 20;

/// The maximum number of bytes in buffers along the way, for which the broker gets more time.
const BUFFERED: usize = 512 << 10;

/// The number of bytes for one write.
const BATCH: usize = 64 << 10;

/// From this number of unwritten bytes on, no packet is read: each may demand an answer.
const CHOKED: usize = 1 << 20;

/// The maximum number of filters in one SUBSCRIBE.
const FILTERS: usize = 64;

/// How many messages with QoS 1 are remembered to detect duplicates. Brokers have about 20 in
/// flight.
const REMEMBERED: usize = 256;

/// A connection with unacknowledged messages and no progress for this long is given up: soon enough
/// that a lost answer costs less than 5 s.
const ANSWER: Duration = Duration::from_secs(4);

/// An event for the protocol.
#[derive(Debug, PartialEq)]
pub(crate) enum Event {
    Message(codec::Publish),
    /// A SUBSCRIBE was answered; the broker refused these of its topics.
    Subscribed {
        refused: Vec<String>,
    },
}

/// One MQTT connection: packets in, bytes out.
///
/// # Order of calls
///
/// [`new`](Self::new) for each connection, then [`write`](Self::write) the CONNECT. After the
/// CONNACK: [`subscribe`](Self::subscribe), and from then on in a loop [`receive`](Self::receive)
/// for each packet, [`fill`](Self::fill) when there is room, [`wrote`](Self::wrote) after each
/// write of [`out`](Self::out), and [`check`](Self::check) when [`stalled_at`](Self::stalled_at)
/// has passed. After the connection has ended: [`take_delivered`](Self::take_delivered) once more,
/// then [`undelivered`](Self::undelivered), which consumes it.
///
/// # Methods
///
/// - **Inputs**: [`receive`](Self::receive), [`note_partial`](Self::note_partial), [`fill`](Self::fill),
///   [`subscribe`](Self::subscribe), [`unsubscribe`](Self::unsubscribe), [`write`](Self::write),
///   [`wrote`](Self::wrote).
/// - **Outputs**: [`out`](Self::out), the [`Event`] that [`receive`](Self::receive) returns,
///   [`take_delivered`](Self::take_delivered), [`undelivered`](Self::undelivered), the error of
///   [`check`](Self::check).
/// - **Getters**: [`is_full`](Self::is_full), [`is_choked`](Self::is_choked), [`is_settled`](Self::is_settled),
///   [`stalled_at`](Self::stalled_at), [`patience`](Self::patience).
#[derive(Debug)]
pub(crate) struct Link {
    /// The bytes to write to the broker.
    pub(crate) out: BytesMut,
    in_flight: VecDeque<InFlight>,
    last_id: u16,
    /// The broker's messages with QoS 2 that it has not released yet.
    unreleased: HashSet<u16>,
    /// The broker's last messages with QoS 1: their ids, and hashes of topic and payload.
    seen: VecDeque<(u16, u64)>,
    hasher: RandomState,
    subscribing: HashMap<u16, Subscribing>,
    /// The number of bytes written since the last packet of the broker.
    unconfirmed: usize,
    /// When the oldest message last made progress towards its acknowledgement.
    progress: Instant,
    /// The messages acknowledged since the last call of [`take_delivered`](Self::take_delivered).
    delivered: Delivered,
}

/// A SUBSCRIBE that is not answered yet.
#[derive(Debug)]
struct Subscribing {
    topics: Vec<String>,
    /// When the connection counts as stalled without an answer.
    until: Instant,
}

#[derive(Debug)]
struct InFlight {
    id: u16,
    publish: Publish,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Published,
    /// The broker has it, but must not deliver it yet.
    Received,
    Released,
    Acknowledged,
}

impl Link {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            out: BytesMut::new(),
            in_flight: VecDeque::new(),
            last_id: 0,
            unreleased: HashSet::new(),
            seen: VecDeque::new(),
            hasher: RandomState::new(),
            subscribing: HashMap::new(),
            unconfirmed: 0,
            progress: now,
            delivered: Delivered::default(),
        }
    }

    pub(crate) fn write(&mut self, packet: &Packet) -> Result<(), LinkError> {
        Ok(codec::write(packet, &mut self.out)?)
    }

    /// Reports that this many bytes of [`out`](Self::out) were written. If a part is left, the
    /// broker is slow, not gone.
    pub(crate) fn wrote(&mut self, bytes: usize, now: Instant) {
        self.unconfirmed += bytes;
        if !self.out.is_empty() {
            self.note_partial(bytes, now);
        }
    }

    /// Returns whether there is enough to write for now.
    pub(super) fn is_full(&self) -> bool {
        self.out.len() >= BATCH / 2
    }

    /// Returns whether the broker reads too few answers; then its packets should not be read either.
    pub(super) fn is_choked(&self) -> bool {
        self.out.len() >= CHOKED
    }

    /// Handles a packet from the broker, and answers it.
    pub(crate) fn receive(
        &mut self,
        packet: Packet,
        now: Instant,
    ) -> Result<Option<Event>, LinkError> {
        self.unconfirmed = 0;
        match packet {
            Packet::Publish(publish) => return self.deliver(publish),
            Packet::PubRel(PubRel { pkid }) => {
                self.unreleased.remove(&pkid);
                self.write(&Packet::PubComp(PubComp::new(pkid)))?;
            }
            Packet::PubAck(PubAck { pkid }) | Packet::PubComp(PubComp { pkid }) => {
                self.advance(pkid, Stage::Acknowledged, now);
            }
            Packet::PubRec(PubRec { pkid }) => {
                let waits =
                    |flight: &InFlight| flight.id == pkid && flight.stage == Stage::Received;
                if self.advance(pkid, Stage::Received, now) {
                    self.release()?;
                } else if !self.in_flight.iter().any(waits) {
                    self.write(&Packet::PubRel(PubRel::new(pkid)))?;
                }
            }
            Packet::SubAck(ack) => return Ok(self.subscribed(ack.pkid, &ack.return_codes)),
            Packet::UnsubAck(_) | Packet::PingResp => {}
            _ => return Err(LinkError::Unexpected),
        }
        Ok(None)
    }

    /// Returns whether the broker has left something unanswered for too long.
    fn is_stalled(&self, now: Instant) -> bool {
        self.stalled_at().is_some_and(|at| now >= at)
    }

    /// Returns when the connection counts as stalled unless it makes progress.
    pub(super) fn stalled_at(&self) -> Option<Instant> {
        let progress = (!self.in_flight.is_empty()).then(|| self.progress + self.patience());
        self.subscribing.values().map(|subscribing| subscribing.until).chain(progress).min()
    }

    /// Returns how long an answer may take.
    pub(crate) fn patience(&self) -> Duration {
        ANSWER + time_for(self.in_flight_bytes().max(self.unconfirmed).min(BUFFERED))
    }

    fn in_flight_bytes(&self) -> usize {
        self.in_flight.iter().map(|flight| flight.publish.payload.len()).sum()
    }

    /// Reports that this many bytes of a large packet were transferred; answers may come after it.
    pub(crate) fn note_partial(&mut self, bytes: usize, now: Instant) {
        let (gained, patience) = (time_for(bytes), self.patience());
        self.progress = (self.progress + gained).min(now.max(self.progress));
        for Subscribing { until, .. } in self.subscribing.values_mut() {
            *until = (*until + gained).min((now + patience).max(*until));
        }
    }

    /// Returns whether every message is acknowledged and every subscription confirmed.
    pub(crate) fn is_settled(&self) -> bool {
        self.in_flight.is_empty() && self.subscribing.is_empty()
    }

    /// Acknowledges a message. A duplicate is not delivered again: QoS 2 requires that; with QoS 1
    /// it saves the device from a command that it already has.
    fn deliver(&mut self, publish: codec::Publish) -> Result<Option<Event>, LinkError> {
        let id = publish.pkid;
        let is_new = match publish.qos {
            QoS::AtMostOnce => true,
            QoS::AtLeastOnce => {
                self.write(&Packet::PubAck(PubAck::new(id)))?;
                self.remember(&publish)
            }
            QoS::ExactlyOnce => {
                self.write(&Packet::PubRec(PubRec::new(id)))?;
                self.unreleased.insert(id)
            }
        };
        Ok(is_new.then_some(Event::Message(publish)))
    }

    /// Remembers a message with QoS 1; false if it is a duplicate on this connection.
    fn remember(&mut self, publish: &codec::Publish) -> bool {
        let hash = self.hasher.hash_one((&publish.topic, &publish.payload));
        let this = (publish.pkid, hash);
        if publish.dup && self.seen.contains(&this) {
            return false;
        }
        self.seen.retain(|(id, _)| *id != publish.pkid);
        self.seen.truncate(REMEMBERED - 1);
        self.seen.push_front(this);
        true
    }

    /// Advances the stage of a message. Acknowledgements out of order are remembered. Returns false
    /// if nothing changes.
    fn advance(&mut self, id: u16, stage: Stage, now: Instant) -> bool {
        let mut flights = self.in_flight.iter_mut().enumerate();
        let flight = flights.find(|(_, f)| f.id == id && f.stage < stage);
        let Some((place, flight)) = flight else { return false };
        flight.stage = stage;
        // A retained message may be sent again until every message before it is acknowledged.
        if stage == Stage::Acknowledged && !flight.publish.retain {
            self.delivered.add(&flight.publish);
        }
        if place == 0 {
            self.progress = now;
        }
        while self.in_flight.front().is_some_and(|f| f.stage == Stage::Acknowledged)
            && let Some(InFlight { publish, .. }) = self.in_flight.pop_front()
        {
            if publish.retain {
                self.delivered.add(&publish);
            }
        }
        true
    }

    /// Releases messages for delivery, but none before an older message: if that had to be sent
    /// again, it would arrive too late.
    fn release(&mut self) -> Result<(), LinkError> {
        let is_exact = |flight: &&mut InFlight| flight.publish.qos == QoS::ExactlyOnce;
        for flight in self.in_flight.iter_mut().filter(is_exact) {
            match flight.stage {
                Stage::Published => break,
                Stage::Received => {
                    flight.stage = Stage::Released;
                    codec::write(&Packet::PubRel(PubRel::new(flight.id)), &mut self.out)?;
                }
                Stage::Released | Stage::Acknowledged => {}
            }
        }
        Ok(())
    }

    fn subscribed(&mut self, id: u16, codes: &[SubscribeReasonCode]) -> Option<Event> {
        let topics = self.subscribing.remove(&id)?.topics;
        let is_granted = |i: usize| matches!(codes.get(i), Some(SubscribeReasonCode::Success(_)));
        let refused = topics.into_iter().enumerate().filter(|(i, _)| !is_granted(*i));
        Some(Event::Subscribed { refused: refused.map(|(_, topic)| topic).collect() })
    }

    /// Returns the messages acknowledged since the last call.
    pub(crate) fn take_delivered(&mut self) -> Delivered {
        std::mem::take(&mut self.delivered)
    }

    /// Takes messages from the outbox, as many as there is room for.
    pub(crate) fn fill(&mut self, outbox: &mut Outbox, now: Instant) {
        if self.in_flight.is_empty() {
            self.progress = now;
        }
        outbox.take_packets(&mut self.out);
        let window = if outbox.poison.is_cautious() { 1 } else { WINDOW };
        let mut room = WINDOW_BYTES.saturating_sub(self.in_flight_bytes());
        while self.out.len() < BATCH
            && room > 0
            && (self.in_flight.len() < window || outbox.next_qos() == Some(QoS::AtMostOnce))
            && let Some(publish) = outbox.pop()
        {
            if publish.qos == QoS::AtMostOnce {
                encode(&mut self.out, &publish, 0);
                continue;
            }
            let id = self.next_id();
            encode(&mut self.out, &publish, id);
            room = room.saturating_sub(publish.payload.len());
            self.in_flight.push_back(InFlight { id, publish, stage: Stage::Published });
        }
    }

    /// Subscribes to topics; the answer is an [`Event::Subscribed`].
    pub(crate) fn subscribe(
        &mut self,
        topics: &[String],
        qos: QoS,
        now: Instant,
    ) -> Result<(), LinkError> {
        for topics in topics.chunks(FILTERS) {
            let filters = topics.iter().map(|topic| SubscribeFilter::new(topic.clone(), qos));
            let mut subscribe = Subscribe::new_many(filters);
            subscribe.pkid = self.next_id();
            let subscribing = Subscribing { topics: topics.to_vec(), until: now + self.patience() };
            self.subscribing.insert(subscribe.pkid, subscribing);
            self.write(&Packet::Subscribe(subscribe))?;
        }
        Ok(())
    }

    pub(crate) fn unsubscribe(&mut self, topics: &[String]) -> Result<(), LinkError> {
        for topics in topics.chunks(FILTERS) {
            let (pkid, topics) = (self.next_id(), topics.to_vec());
            self.write(&Packet::Unsubscribe(Unsubscribe { pkid, topics }))?;
        }
        Ok(())
    }

    /// Returns the messages that must be sent again after the connection has ended, oldest first.
    ///
    /// A retained message is sent again if any message before it is unacknowledged. Otherwise an
    /// older value would be the last one on a topic.
    pub(crate) fn undelivered(self) -> impl DoubleEndedIterator<Item = Publish> {
        let is_due =
            |flight: &InFlight| flight.stage != Stage::Acknowledged || flight.publish.retain;
        self.in_flight.into_iter().filter(is_due).map(|flight| flight.publish)
    }

    /// Returns an error if the broker has left something unanswered for too long.
    pub(crate) fn check(&self, now: Instant) -> Result<(), LinkError> {
        if self.is_stalled(now) { Err(LinkError::Silent(self.patience())) } else { Ok(()) }
    }

    fn next_id(&mut self) -> u16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            let id = self.last_id;
            if !self.subscribing.contains_key(&id) && self.in_flight.iter().all(|f| f.id != id) {
                return id;
            }
        }
    }
}

fn encode(out: &mut BytesMut, publish: &Publish, id: u16) {
    let Publish { topic, payload, qos, retain, .. } = publish;
    codec::write_publish(out, topic, &[payload], *qos, *retain, id);
}

#[cfg(test)]
mod tests;
