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
    /// Its number in the spool, given by the outbox; 0 for what is in memory only.
    pub(crate) seq: u64,
}

/// What becomes of a message while there is no link, and which is dropped first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageKind {
    /// Said anew on each link: not kept.
    Passing,
    /// A raw message: kept in order, the oldest dropped first.
    Raw,
    /// A value: kept in order; dropped when there is no raw message left to drop.
    Value,
    /// A log message: as a value, but never on disk, and dropped before it.
    Log,
}

impl Publish {
    /// Its bytes, and about what it takes to keep them.
    pub(crate) fn cost(&self) -> usize {
        self.topic.len() + self.payload.len() + size_of::<Self>()
    }

    /// Whether it is to survive a crash. What is sent at QoS 0 is never acknowledged.
    pub(super) fn is_durable(&self) -> bool {
        matches!(self.kind, MessageKind::Raw | MessageKind::Value) && self.qos != QoS::AtMostOnce
    }
}

/// What is known of a message on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stub {
    pub(crate) seq: u64,
    /// By [`Publish::cost`].
    pub(crate) cost: usize,
    pub(crate) is_raw: bool,
}

impl Stub {
    pub(crate) fn of(publish: &Publish) -> Self {
        Self { seq: publish.seq, cost: publish.cost(), is_raw: publish.kind == MessageKind::Raw }
    }
}
