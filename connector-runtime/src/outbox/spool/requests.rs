//! The exchange between the outbox and the thread that writes to disk; neither waits for the other.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    outbox::message::{MessageKind, Publish, Stub},
    time::Timestamp,
};

/// With a spool, an outage fills at most this much memory; half of it is read back at a time.
pub(crate) const IN_MEMORY: usize = 2 << 20;

/// From this number of bytes to write on, the disk is behind.
pub(super) const BEHIND: usize = 2 << 20;

/// The interval at which waiting messages are written.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// From this many bytes on, messages are written at once.
pub(super) const GROUP: usize = 64 << 10;

/// The outbox's side of the spool; no method waits for the disk.
pub(crate) struct Spool {
    limit: usize,
    first_seq: u64,
    state: Mutex<State>,
    pub(super) changed: Condvar,
    /// Every message up to this number is written.
    pub(super) written: AtomicU64,
    /// Called when something has been read from disk.
    on_arrival: Box<dyn Fn() + Send + Sync>,
}

/// The shared state of the outbox and the thread.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Messages to be written.
    pub(super) pending: BTreeMap<u64, Publish>,
    pub(super) pending_bytes: usize,
    /// The last number at the previous tick: messages up to it are due.
    pub(super) due: u64,
    pub(super) last: u64,
    /// Messages on disk, or about to be written, that are no longer needed.
    pub(super) removed: Vec<u64>,
    /// The kind and the first number of the messages to be read back.
    pub(super) wanted: Option<(MessageKind, u64)>,
    pub(super) read: Option<ReadBack>,
    pub(super) found: Option<Vec<Stub>>,
    /// Whether the file is another one than before, and the outbox has not passed its messages again.
    pub(super) is_other_file: bool,
    pub(super) is_closing: bool,
    pub(super) health: DiskHealth,
}

/// Messages that were read from disk, in order.
#[derive(Debug)]
pub(crate) struct ReadBack {
    /// The kind of all of them.
    pub(crate) kind: MessageKind,
    pub(crate) messages: Vec<Publish>,
    /// There are no further messages up to this number.
    pub(crate) through: u64,
}

/// The state of the disk.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DiskHealth {
    pub(crate) is_degraded: bool,
    pub(crate) last_commit: Duration,
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl Spool {
    /// Creates a spool that keeps at most `limit` bytes, by [`Publish::cost`]. Its numbers begin at
    /// the start time, so that they are above those of an earlier run's file that cannot be opened
    /// yet.
    pub(super) fn new(
        limit: usize,
        start: Timestamp,
        on_arrival: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            limit,
            first_seq: u64::try_from(start.as_millis()).unwrap_or(0) * 1000,
            state: Mutex::default(),
            changed: Condvar::new(),
            written: AtomicU64::new(0),
            on_arrival: Box::new(on_arrival),
        }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Returns the number below all others.
    pub(crate) fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// Returns the number up to which every message is on disk or no longer needed.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Relaxed)
    }

    /// Notifies the outbox that something has been read.
    pub(super) fn announce(&self) {
        (self.on_arrival)();
    }

    /// Requests that a message is written. Numbers must increase.
    pub(crate) fn put(&self, publish: &Publish) {
        let mut state = self.state();
        state.last = publish.seq;
        state.pending_bytes += publish.cost();
        state.pending.insert(publish.seq, publish.clone());
        let has_work = state.pending.len() == 1 || state.pending_bytes > GROUP;
        drop(state);
        if has_work {
            self.changed.notify_one();
        }
    }

    /// Returns whether the file is another one than before, so that all messages in memory must be
    /// [put again](Self::put_again).
    pub(crate) fn is_other_file(&self) -> bool {
        self.state().is_other_file
    }

    /// Requests that all messages in memory are written again.
    pub(crate) fn put_again<'a>(&self, messages: impl Iterator<Item = &'a Publish>) {
        let mut state = self.state();
        state.is_other_file = false;
        let durable = messages.filter(|publish| publish.seq > 0);
        state.pending.extend(durable.map(|publish| (publish.seq, publish.clone())));
        state.pending_bytes = state.pending.values().map(Publish::cost).sum();
        drop(state);
        self.changed.notify_one();
    }

    /// Reports that messages are no longer needed; 0 is ignored.
    pub(crate) fn remove(&self, seqs: &[u64]) {
        let mut state = self.state();
        for seq in seqs.iter().filter(|seq| **seq > 0) {
            match state.pending.remove(seq) {
                Some(publish) => state.pending_bytes -= publish.cost(),
                None => state.removed.push(*seq),
            }
        }
        let has_work = !state.removed.is_empty();
        drop(state);
        if has_work {
            self.changed.notify_one();
        }
    }

    /// Requests the messages of a kind from this number on.
    pub(crate) fn want(&self, kind: MessageKind, seq: u64) {
        let mut state = self.state();
        if state.wanted.is_none() && state.read.is_none() && !state.is_other_file {
            state.wanted = Some((kind, seq));
            drop(state);
            self.changed.notify_one();
        }
    }

    pub(crate) fn take_read(&self) -> Option<ReadBack> {
        self.state().read.take()
    }

    /// Returns the messages that an earlier run left, once the file could be opened.
    pub(crate) fn take_found(&self) -> Option<Vec<Stub>> {
        self.state().found.take()
    }

    /// Returns whether many messages wait to be written, on a disk that works.
    pub(crate) fn is_behind(&self) -> bool {
        let state = self.state();
        state.pending_bytes > BEHIND && !state.health.is_degraded
    }

    pub(crate) fn health(&self) -> DiskHealth {
        self.state().health
    }

    pub(super) fn close(&self) {
        self.state().is_closing = true;
        self.changed.notify_one();
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
