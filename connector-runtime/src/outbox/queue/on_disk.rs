//! The part of the queue that is on disk: spilling messages and reading them back.

use crate::outbox::{
    message::{MessageKind, Stub},
    queue::Outbox,
    spool::{IN_MEMORY, ReadBack},
};

impl Outbox {
    /// Frees messages in memory that are on disk and will not be sent soon.
    pub(super) fn spill(&mut self) {
        let Some(spool) = &self.spool else { return };
        let is_behind = self.is_cut_off || !self.spilled.is_empty();
        let written = spool.written();
        if !is_behind || self.in_memory() <= IN_MEMORY || written == self.spilled_to {
            return;
        }
        self.spilled_to = written;
        if self.waiting.bytes() > IN_MEMORY {
            let mut room = IN_MEMORY;
            let moved = self.waiting.split(|publish| {
                room = room.saturating_sub(publish.cost());
                room > 0 || publish.seq == 0 || self.spilled.has(publish.kind)
            });
            self.later.append(moved);
        }
        for kind in [MessageKind::Raw, MessageKind::Value] {
            while self.later.first(kind).is_some_and(|publish| publish.seq <= written)
                && let Some(publish) = self.later.pop_first(kind)
            {
                self.spilled.push(Stub::of(&publish));
            }
        }
        self.close_gap();
    }

    /// Takes messages that were read back, and requests the next ones if few are left in memory.
    pub(super) fn read_back(&mut self) {
        self.take_found();
        if self.spilled.is_empty() {
            return;
        }
        let Some(spool) = self.spool.clone() else { return };
        if let Some(ReadBack { kind, messages, through }) = spool.take_read() {
            for publish in messages {
                self.drop_missing(kind, publish.seq);
                if self.spilled.first_of(kind).is_some_and(|stub| stub.seq == publish.seq) {
                    self.spilled.pop(kind);
                    self.waiting.push_back(publish);
                }
            }
            self.drop_missing(kind, through.saturating_add(1));
            self.close_gap();
        }
        // While raw messages are held back, no further ones are needed.
        let kind =
            if self.holds_raw { Some(MessageKind::Value) } else { self.spilled.first_kind() };
        let first = kind.and_then(|kind| self.spilled.first_of(kind));
        if let (Some(kind), Some(first)) = (kind, first)
            && self.waiting.bytes() < IN_MEMORY / 2
        {
            spool.want(kind, first.seq);
        }
    }

    /// Drops the messages below this number, which were not found on disk.
    fn drop_missing(&mut self, kind: MessageKind, seq: u64) {
        let mut lost = Vec::new();
        while self.spilled.first_of(kind).is_some_and(|stub| stub.seq < seq) {
            lost.extend(self.spilled.pop(kind).map(|stub| stub.seq));
        }
        self.lost_on_disk += lost.len() as u64;
        if let Some(spool) = &self.spool {
            spool.remove(&lost);
        }
    }

    /// Takes over the messages that an earlier run left on disk. They come before all messages in
    /// memory, which are written again if the file was removed or replaced.
    pub(super) fn take_found(&mut self) {
        let Some(spool) = &self.spool else { return };
        if spool.is_other_file() {
            spool.put_again(self.waiting());
        }
        let Some(found) = spool.take_found() else { return };
        let newer = self.waiting.split(|publish| publish.seq == 0);
        self.later.prepend(newer.into_iter());
        for stub in found {
            self.last_seq = self.last_seq.max(stub.seq);
            self.spilled.push(stub);
        }
        self.close_gap();
    }

    pub(super) fn close_gap(&mut self) {
        for kind in [MessageKind::Raw, MessageKind::Value] {
            if self.later.has(kind) && !self.spilled.has(kind) {
                let next = self.later.take(kind);
                self.waiting.append(next);
            }
        }
    }
}
