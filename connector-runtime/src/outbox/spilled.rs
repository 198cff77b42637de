//! The part of the outbox that is on disk only.

use std::collections::VecDeque;

use crate::outbox::message::{MessageKind, Stub};

/// The messages that are on disk only, in order, and the memory that they would take.
#[derive(Debug, Default)]
pub(super) struct Spilled {
    raws: VecDeque<Stub>,
    values: VecDeque<Stub>,
    bytes: usize,
}

impl Spilled {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.raws.len() + self.values.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn has(&self, kind: MessageKind) -> bool {
        self.first_of(kind).is_some()
    }

    pub(super) fn push(&mut self, stub: Stub) {
        self.bytes += stub.cost;
        if stub.is_raw { &mut self.raws } else { &mut self.values }.push_back(stub);
    }

    /// Returns the kind of the oldest message.
    pub(super) fn first_kind(&self) -> Option<MessageKind> {
        let kinds =
            [MessageKind::Raw, MessageKind::Value].into_iter().filter(|kind| self.has(*kind));
        kinds.min_by_key(|kind| self.first_of(*kind).map(|stub| stub.seq))
    }

    /// Returns the oldest message of a kind.
    pub(super) fn first_of(&self, kind: MessageKind) -> Option<Stub> {
        if kind == MessageKind::Raw { &self.raws } else { &self.values }.front().copied()
    }

    pub(super) fn pop(&mut self, kind: MessageKind) -> Option<Stub> {
        let stubs = if kind == MessageKind::Raw { &mut self.raws } else { &mut self.values };
        let stub = stubs.pop_front()?;
        self.bytes -= stub.cost;
        Some(stub)
    }
}
