//! A message on its way to the broker.

use std::sync::Arc;

use bytes::Bytes;

use crate::mqtt::codec::QoS;

/// A message on its way to the broker.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Publish {
    pub(crate) topic: Arc<str>,
    pub(crate) payload: Bytes,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    pub(crate) kind: MessageKind,
    /// Its number in the spool, assigned by the outbox; 0 for a message that is in memory only.
    pub(crate) seq: u64,
}

/// The kind of a message: whether it is kept while there is no link, and which kind is dropped
/// first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageKind {
    /// Published anew for each link: not kept. At most one waits for each topic.
    Passing,
    /// A raw message: kept in order, the oldest dropped first.
    Raw,
    /// A value: kept in order; dropped once there is no raw message left to drop.
    Value,
    /// A log message: kept like a value but never on disk, and dropped before values.
    Log,
}

impl MessageKind {
    pub(super) const ALL: [Self; 4] = [Self::Passing, Self::Raw, Self::Value, Self::Log];
}

impl Publish {
    /// Returns its bytes plus an estimate of the overhead of keeping it.
    pub(crate) fn cost(&self) -> usize {
        self.topic.len() + self.payload.len() + size_of::<Self>()
    }

    /// Returns whether it must survive a crash. A message with QoS 0 is never acknowledged, so it
    /// is not kept.
    pub(super) fn is_durable(&self) -> bool {
        matches!(self.kind, MessageKind::Raw | MessageKind::Value) && self.qos != QoS::AtMostOnce
    }
}

/// Messages that the broker has acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Delivered {
    /// Their numbers in the spool, 0 for those that were in memory only.
    pub(crate) seqs: Vec<u64>,
    /// The size of the largest payload.
    pub(crate) largest: usize,
}

impl Delivered {
    pub(crate) fn add(&mut self, publish: &Publish) {
        self.seqs.push(publish.seq);
        self.largest = self.largest.max(publish.payload.len());
    }
}

/// The part of a message on disk that stays in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stub {
    pub(crate) seq: u64,
    /// Its [`Publish::cost`].
    pub(crate) cost: usize,
    pub(crate) is_raw: bool,
}

impl Stub {
    pub(crate) fn of(publish: &Publish) -> Self {
        Self { seq: publish.seq, cost: publish.cost(), is_raw: publish.kind == MessageKind::Raw }
    }
}
