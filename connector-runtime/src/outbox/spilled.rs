//! The part of the outbox that is on disk only.

use std::collections::VecDeque;

use crate::outbox::message::{Kind, Stub};

/// Which messages these are, in order, and what they take.
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

    pub(super) fn has(&self, kind: Kind) -> bool {
        self.first_of(kind).is_some()
    }

    pub(super) fn push(&mut self, stub: Stub) {
        self.bytes += stub.cost;
        if stub.is_raw { &mut self.raws } else { &mut self.values }.push_back(stub);
    }

    /// The kind of the oldest of them.
    pub(super) fn first_kind(&self) -> Option<Kind> {
        let kinds = [Kind::Raw, Kind::Value].into_iter().filter(|kind| self.has(*kind));
        kinds.min_by_key(|kind| self.first_of(*kind).map(|stub| stub.seq))
    }

    /// The oldest raw message, or the oldest value.
    pub(super) fn first_of(&self, kind: Kind) -> Option<Stub> {
        if kind == Kind::Raw { &self.raws } else { &self.values }.front().copied()
    }

    pub(super) fn pop(&mut self, kind: Kind) -> Option<Stub> {
        let stubs = if kind == Kind::Raw { &mut self.raws } else { &mut self.values };
        let stub = stubs.pop_front()?;
        self.bytes -= stub.cost;
        Some(stub)
    }
}
