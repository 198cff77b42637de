//! What the outbox asks of the disk, and what the disk answers; nothing here waits for either.

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

/// From one look at what waits to be written to the next.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// So many bytes are written at once.
pub(super) const GROUP: usize = 64 << 10;

/// The spool as the outbox sees it; nothing here waits for the disk.
pub(crate) struct Spool {
    limit: usize,
    first_seq: u64,
    state: Mutex<State>,
    pub(super) changed: Condvar,
    /// Everything up to this number is written.
    pub(super) written: AtomicU64,
    /// Called where there is something to be taken.
    on_arrival: Box<dyn Fn() + Send + Sync>,
}

/// What the outbox and the thread tell each other.
#[derive(Debug, Default)]
pub(super) struct State {
    /// To be written.
    pub(super) pending: BTreeMap<u64, Publish>,
    pub(super) pending_bytes: usize,
    /// The last number before the last tick: those up to it are due.
    pub(super) due: u64,
    pub(super) last: u64,
    /// On disk, or on the way there, and not needed any more.
    pub(super) removed: Vec<u64>,
    /// Which messages are to be read back, and from which number on.
    pub(super) wanted: Option<(MessageKind, u64)>,
    pub(super) read: Option<ReadBack>,
    pub(super) found: Option<Vec<Stub>>,
    pub(super) is_closing: bool,
    pub(super) health: DiskHealth,
}

/// Messages from the disk, in order.
#[derive(Debug)]
pub(crate) struct ReadBack {
    /// All are of this kind.
    pub(crate) kind: MessageKind,
    pub(crate) messages: Vec<Publish>,
    /// There are no others up to this number.
    pub(crate) through: u64,
}

/// How the disk does.
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
    /// A spool that keeps at most so many bytes, by [`Publish::cost`]. The time of the start makes
    /// numbers that are above those in a file of an earlier run that cannot be opened yet.
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

    /// All numbers are above this one.
    pub(crate) fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// Everything up to this number is on disk, or not needed any more.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Relaxed)
    }

    /// Reports that there is something to be taken.
    pub(super) fn announce(&self) {
        (self.on_arrival)();
    }

    /// Asks for a message to be written. Numbers grow.
    pub(crate) fn put(&self, publish: &Publish) {
        let mut state = self.state();
        state.last = publish.seq;
        state.pending_bytes += publish.cost();
        state.pending.insert(publish.seq, publish.clone());
        let is_news = state.pending.len() == 1 || state.pending_bytes > GROUP;
        drop(state);
        if is_news {
            self.changed.notify_one();
        }
    }

    /// These are not needed any more; 0 is nothing.
    pub(crate) fn remove(&self, seqs: &[u64]) {
        let mut state = self.state();
        for seq in seqs.iter().filter(|seq| **seq > 0) {
            match state.pending.remove(seq) {
                Some(publish) => state.pending_bytes -= publish.cost(),
                None => state.removed.push(*seq),
            }
        }
        let is_news = !state.removed.is_empty();
        drop(state);
        if is_news {
            self.changed.notify_one();
        }
    }

    /// Asks for the messages of a kind from this number on.
    pub(crate) fn want(&self, kind: MessageKind, seq: u64) {
        let mut state = self.state();
        if state.wanted.is_none() && state.read.is_none() {
            state.wanted = Some((kind, seq));
            drop(state);
            self.changed.notify_one();
        }
    }

    pub(crate) fn take_read(&self) -> Option<ReadBack> {
        self.state().read.take()
    }

    /// What an earlier run has left, once the file could be opened.
    pub(crate) fn take_found(&self) -> Option<Vec<Stub>> {
        self.state().found.take()
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
