//! The part of the outbox that is in memory.

use std::collections::VecDeque;

use crate::outbox::message::{MessageKind, Publish};

/// Messages in order, with the memory that they take.
#[derive(Debug, Default)]
pub(super) struct Lane {
    messages: VecDeque<Publish>,
    bytes: usize,
    /// The number of raw messages among them.
    raws: usize,
}

impl Lane {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(super) fn has(&self, kind: MessageKind) -> bool {
        let others = self.messages.len() - self.raws;
        if kind == MessageKind::Raw { self.raws > 0 } else { others > 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Publish> {
        self.messages.iter()
    }

    pub(super) fn front(&self) -> Option<&Publish> {
        self.messages.front()
    }

    pub(super) fn push_back(&mut self, publish: Publish) {
        self.count_in(&publish);
        self.messages.push_back(publish);
    }

    pub(super) fn push_front(&mut self, publish: Publish) {
        self.count_in(&publish);
        self.messages.push_front(publish);
    }

    pub(super) fn pop_front(&mut self) -> Option<Publish> {
        let publish = self.messages.pop_front()?;
        self.count_out(&publish);
        Some(publish)
    }

    /// Removes the oldest message of a kind.
    pub(super) fn pop_first(&mut self, kind: MessageKind) -> Option<Publish> {
        if !self.has(kind) {
            return None;
        }
        let place = self.messages.iter().position(|publish| publish.kind == kind)?;
        let publish = self.messages.remove(place)?;
        self.count_out(&publish);
        Some(publish)
    }

    /// Appends the messages of another lane.
    pub(super) fn append(&mut self, others: Self) {
        self.messages.extend(others.messages);
        self.bytes += others.bytes;
        self.raws += others.raws;
    }

    /// Inserts messages before the first one, in their order.
    pub(super) fn prepend(&mut self, others: impl DoubleEndedIterator<Item = Publish>) {
        others.rev().for_each(|publish| self.push_front(publish));
    }

    /// Keeps the messages that fulfil a condition, and returns the others.
    pub(super) fn split(&mut self, mut keep: impl FnMut(&Publish) -> bool) -> Self {
        let mut others = Self::default();
        for publish in std::mem::take(self).messages {
            let queue = if keep(&publish) { &mut *self } else { &mut others };
            queue.push_back(publish);
        }
        others
    }

    fn count_in(&mut self, publish: &Publish) {
        self.bytes += publish.cost();
        self.raws += usize::from(publish.kind == MessageKind::Raw);
    }

    fn count_out(&mut self, publish: &Publish) {
        self.bytes -= publish.cost();
        self.raws -= usize::from(publish.kind == MessageKind::Raw);
    }
}

impl IntoIterator for Lane {
    type Item = Publish;
    type IntoIter = std::collections::vec_deque::IntoIter<Publish>;

    fn into_iter(self) -> Self::IntoIter {
        self.messages.into_iter()
    }
}
