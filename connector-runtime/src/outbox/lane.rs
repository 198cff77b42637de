//! The part of the outbox that is in memory.

use std::{collections::VecDeque, mem};

use crate::outbox::message::{MessageKind, Publish};

/// Messages in order, with the memory that they take. Each kind has a queue of its own, so that the oldest
/// message of a kind is found at once, however many others are before it.
#[derive(Debug, Default)]
pub(super) struct Lane {
    passing: Queue,
    raws: Queue,
    values: Queue,
    logs: Queue,
    /// The bytes of all messages except the passing ones: those are few, and never dropped.
    bytes: usize,
    /// The places of the first and the last message: each message has a place of its own.
    first: i64,
    last: i64,
}

type Queue = VecDeque<(i64, Publish)>;

impl Lane {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        MessageKind::ALL.into_iter().map(|kind| self.queue(kind).len()).sum()
    }

    pub(super) fn has(&self, kind: MessageKind) -> bool {
        !self.queue(kind).is_empty()
    }

    /// Returns whether a passing message waits for this topic.
    pub(super) fn has_passing(&self, topic: &str) -> bool {
        self.passing.iter().any(|(_, publish)| &*publish.topic == topic)
    }

    /// Returns all messages, in order, which have to be sorted first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Publish> {
        let mut messages: Vec<_> =
            MessageKind::ALL.into_iter().flat_map(|kind| self.queue(kind)).collect();
        messages.sort_by_key(|(place, _)| *place);
        messages.into_iter().map(|(_, publish)| publish)
    }

    /// Returns the oldest message, or the oldest that is not a raw message.
    pub(super) fn front(&self, with_raws: bool) -> Option<&Publish> {
        self.queue(self.front_kind(with_raws)?).front().map(|(_, publish)| publish)
    }

    /// Returns the oldest message of a kind.
    pub(super) fn first(&self, kind: MessageKind) -> Option<&Publish> {
        self.queue(kind).front().map(|(_, publish)| publish)
    }

    pub(super) fn push_back(&mut self, publish: Publish) {
        self.count_in(&publish);
        self.last += 1;
        let place = self.last;
        self.queue_mut(publish.kind).push_back((place, publish));
    }

    pub(super) fn push_front(&mut self, publish: Publish) {
        self.count_in(&publish);
        self.first -= 1;
        let place = self.first;
        self.queue_mut(publish.kind).push_front((place, publish));
    }

    /// Removes the oldest message, or the oldest that is not a raw message.
    pub(super) fn pop_front(&mut self, with_raws: bool) -> Option<Publish> {
        self.pop_first(self.front_kind(with_raws)?)
    }

    /// Removes the oldest message of a kind.
    pub(super) fn pop_first(&mut self, kind: MessageKind) -> Option<Publish> {
        let (_, publish) = self.queue_mut(kind).pop_front()?;
        if kind != MessageKind::Passing {
            self.bytes -= publish.cost();
        }
        Some(publish)
    }

    /// Appends messages, in their order.
    pub(super) fn append(&mut self, others: impl IntoIterator<Item = Publish>) {
        others.into_iter().for_each(|publish| self.push_back(publish));
    }

    /// Inserts messages before the first one, in their order.
    pub(super) fn prepend(&mut self, others: impl DoubleEndedIterator<Item = Publish>) {
        others.rev().for_each(|publish| self.push_front(publish));
    }

    /// Keeps the messages that fulfil a condition, and returns the others, in order.
    pub(super) fn split(&mut self, mut keep: impl FnMut(&Publish) -> bool) -> Vec<Publish> {
        let (mut all, mut others) = (mem::take(self), Vec::new());
        while let Some(publish) = all.pop_front(true) {
            if keep(&publish) {
                self.push_back(publish);
            } else {
                others.push(publish);
            }
        }
        others
    }

    /// Removes all messages of a kind, and returns them in order.
    pub(super) fn take(&mut self, kind: MessageKind) -> impl Iterator<Item = Publish> + use<> {
        let taken = mem::take(self.queue_mut(kind));
        if kind != MessageKind::Passing {
            self.bytes -= taken.iter().map(|(_, publish)| publish.cost()).sum::<usize>();
        }
        taken.into_iter().map(|(_, publish)| publish)
    }

    fn front_kind(&self, with_raws: bool) -> Option<MessageKind> {
        let kinds = MessageKind::ALL.into_iter();
        let kinds = kinds.filter(|kind| with_raws || *kind != MessageKind::Raw);
        let places = kinds.filter_map(|kind| Some((self.queue(kind).front()?.0, kind)));
        places.min_by_key(|(place, _)| *place).map(|(_, kind)| kind)
    }

    /// Counts a new message. A passing message replaces the one that waits for the same topic, so that
    /// nobody can fill the outbox by demanding them.
    fn count_in(&mut self, publish: &Publish) {
        if publish.kind == MessageKind::Passing {
            self.passing.retain(|(_, other)| other.topic != publish.topic);
        } else {
            self.bytes += publish.cost();
        }
    }

    fn queue(&self, kind: MessageKind) -> &Queue {
        match kind {
            MessageKind::Passing => &self.passing,
            MessageKind::Raw => &self.raws,
            MessageKind::Value => &self.values,
            MessageKind::Log => &self.logs,
        }
    }

    fn queue_mut(&mut self, kind: MessageKind) -> &mut Queue {
        match kind {
            MessageKind::Passing => &mut self.passing,
            MessageKind::Raw => &mut self.raws,
            MessageKind::Value => &mut self.values,
            MessageKind::Log => &mut self.logs,
        }
    }
}
