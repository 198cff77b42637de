//! The thread of the spool: writes, removes and reads messages.

use std::{
    collections::BTreeMap,
    sync::{Arc, MutexGuard, PoisonError, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use crate::{
    error::{Causes, Result, isolated_call},
    outbox::{
        message::{MessageKind, Publish, Stub},
        spool::requests::{GROUP, IN_MEMORY, ReadBack, Spool, State, TICK},
    },
    telemetry::{Repetition, counted},
    time::Backoff,
};

/// The pauses between attempts to use a disk that fails.
const RETRY: Backoff = Backoff::new(Duration::from_secs(5), Duration::from_mins(1));

/// After this many failures in a row, the messages on disk are skipped so that later ones can
/// follow.
const READS: u32 = 5;

/// The number of bytes that are read back at a time.
const BATCH: usize = IN_MEMORY / 2;

/// A store of messages by their numbers. After an error it must be opened again.
pub(super) trait Store {
    /// Returns the identity of the file, or none if it was removed or replaced.
    fn id(&self) -> Option<(u64, u64)>;

    /// Writes and removes in one transaction, and returns when it is on disk.
    fn commit(&mut self, put: &BTreeMap<u64, Publish>, remove: &[u64]) -> Result<()>;

    /// Returns the messages of a kind from this number on, in order, up to about this many bytes;
    /// true if there are no further ones.
    fn read(&mut self, kind: MessageKind, from: u64, bytes: usize) -> Result<(Vec<Publish>, bool)>;

    /// Returns all stored messages, in order.
    fn index(&mut self) -> Result<Vec<Stub>>;
}

/// The thread's side of a [`Spool`].
pub(super) struct SpoolWriter<O, S> {
    spool: Arc<Spool>,
    open: O,
    store: Option<S>,
    /// Whether the store was ever open: its content at the first time is from an earlier run.
    was_open: bool,
    /// The identity of the file that was open last, unless it was removed or replaced.
    id: Option<(u64, u64)>,
    /// The last problem that was logged.
    problem: Repetition,
    retry_at: Option<Instant>,
    failures: u32,
    failed_reads: u32,
}

/// The work for one step.
struct Work {
    put: BTreeMap<u64, Publish>,
    remove: Vec<u64>,
    /// After this step, every message up to this number is written.
    written: u64,
    wanted: Option<(MessageKind, u64)>,
    is_last: bool,
}

impl<S: Store, O: Fn() -> Result<S>> SpoolWriter<O, S> {
    pub(super) fn new(spool: Arc<Spool>, open: O) -> Self {
        Self {
            spool,
            open,
            store: None,
            was_open: false,
            id: None,
            problem: Repetition::default(),
            retry_at: None,
            failures: 0,
            failed_reads: 0,
        }
    }

    /// Works until the spool is closed.
    pub(super) fn run(&mut self) {
        while self.step() {}
    }

    /// Waits for work and does it; returns false if it was the last.
    fn step(&mut self) -> bool {
        let work = self.wait();
        self.work(work)
    }

    /// Does the present work, as if a tick had passed.
    #[cfg(test)]
    pub(super) fn work_now(&mut self) -> bool {
        let work = self.state().take_work();
        self.work(work)
    }

    fn wait(&self) -> Work {
        let spool = &self.spool;
        let idle = |state: &mut State| !state.has_work();
        let state = spool.changed.wait_while(spool.state(), idle);
        let state = state.unwrap_or_else(PoisonError::into_inner);
        let pause = self.retry_at.map_or(TICK, |at| at.saturating_duration_since(Instant::now()));
        let (can_write, can_read) = (self.retry_at.is_none(), self.failed_reads == 0);
        let can_wait = |state: &mut State| !state.is_urgent(can_write, can_read);
        let waited = spool.changed.wait_timeout_while(state, pause, can_wait);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.take_work()
    }

    fn work(&mut self, work: Work) -> bool {
        if self.store.is_none() {
            self.open();
        }
        // After a failure, try to write even if there is nothing to write.
        if !work.put.is_empty() || !work.remove.is_empty() || self.retry_at.is_some() {
            self.write(work.put, work.remove, work.written);
        }
        if let Some((kind, from)) = work.wanted
            && !self.state().is_other_file
        {
            self.read(kind, from);
        }
        !work.is_last
    }

    /// Opens the store; its content at the first time is passed to the outbox.
    pub(super) fn open(&mut self) {
        let opened = isolated_call(|| {
            let mut store = (self.open)()?;
            let found = if self.was_open { Vec::new() } else { store.index()? };
            Ok((store, found))
        });
        match opened {
            Ok((store, found)) => {
                if !found.is_empty() {
                    tracing::info!(
                        "SPOOL_DIR: publishing {} of an earlier run first",
                        counted(found.len(), "message")
                    );
                    self.state().found = Some(found);
                    self.spool.announce();
                }
                let before = std::mem::replace(&mut self.id, store.id());
                if self.was_open && (before.is_none() || before != self.id) {
                    self.begin_file();
                }
                (self.store, self.was_open) = (Some(store), true);
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Begins with a file that may lack what was written before.
    fn begin_file(&mut self) {
        self.state().begin_file();
        self.spool.written.store(0, Relaxed);
        self.spool.announce();
        if self.failures == 1 {
            self.retry_at = Some(Instant::now());
        }
    }

    fn write(&mut self, put: BTreeMap<u64, Publish>, remove: Vec<u64>, written: u64) {
        let began = Instant::now();
        let result = match &mut self.store {
            Some(store) => isolated_call(|| store.commit(&put, &remove)),
            None => return self.state().give_back(put, remove),
        };
        match result {
            Ok(()) => {
                self.spool.written.fetch_max(written, Relaxed);
                self.state().health.last_commit = began.elapsed();
                self.recovered();
            }
            Err(error) => {
                self.state().give_back(put, remove);
                self.id = self.store.as_ref().and_then(Store::id);
                self.fail(&error);
                // Reading may still be possible.
                self.open();
            }
        }
    }

    fn read(&mut self, kind: MessageKind, from: u64) {
        let written = self.spool.written();
        let read = match &mut self.store {
            Some(store) => isolated_call(|| store.read(kind, from, BATCH)),
            None => Err(anyhow::anyhow!("the file is not open")),
        };
        let read = match read {
            Ok((messages, is_all)) => {
                let last = messages.last().map_or(from, |publish| publish.seq);
                let through = if is_all { last.max(written) } else { last };
                ReadBack { kind, messages, through }
            }
            Err(error) => {
                self.fail(&error);
                self.failed_reads += 1;
                if self.failed_reads < READS {
                    self.state().wanted = Some((kind, from));
                    return;
                }
                tracing::error!(
                    "SPOOL_DIR: skipping the messages on disk, which cannot be read: {}",
                    Causes(&error)
                );
                ReadBack { kind, messages: Vec::new(), through: u64::MAX }
            }
        };
        self.failed_reads = 0;
        self.state().read = Some(read);
        self.spool.announce();
    }

    fn fail(&mut self, error: &crate::error::Error) {
        self.store = None;
        self.failures = self.failures.saturating_add(1);
        self.retry_at = Some(Instant::now() + RETRY.pause(self.failures));
        self.state().health.is_degraded = true;
        let problem = Causes(error).to_string();
        if self.problem.is_new(&problem) {
            tracing::error!(
                "SPOOL_DIR: keeping messages in memory only until the disk is usable: {problem}"
            );
        }
    }

    fn recovered(&mut self) {
        (self.retry_at, self.failures) = (None, 0);
        self.state().health.is_degraded = false;
        if self.problem.clear().is_some() {
            tracing::info!("SPOOL_DIR: keeping messages on disk again");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.spool.state()
    }
}

impl State {
    fn has_work(&self) -> bool {
        !self.pending.is_empty()
            || !self.removed.is_empty()
            || self.wanted.is_some()
            || self.is_closing
    }

    /// Returns whether there is work that cannot wait for the next tick.
    fn is_urgent(&self, can_write: bool, can_read: bool) -> bool {
        (can_read && self.wanted.is_some())
            || self.is_closing
            || (can_write && self.pending_bytes > GROUP)
    }

    /// Forgets what was known of the previous file.
    fn begin_file(&mut self) {
        self.is_other_file = true;
        (self.wanted, self.read) = (None, None);
    }

    fn take_work(&mut self) -> Work {
        let is_all = self.is_closing || self.pending_bytes > GROUP;
        let written = if is_all { self.last } else { self.due };
        self.due = self.last;
        let rest = self.pending.split_off(&(written + 1));
        let put = std::mem::replace(&mut self.pending, rest);
        self.pending_bytes = self.pending.values().map(Publish::cost).sum();
        let (remove, wanted) = (std::mem::take(&mut self.removed), self.wanted.take());
        let written = if self.is_other_file { 0 } else { written };
        Work { put, remove, written, wanted, is_last: self.is_closing }
    }

    /// Returns work that failed; some of the messages may have been removed meanwhile.
    fn give_back(&mut self, put: BTreeMap<u64, Publish>, remove: Vec<u64>) {
        self.pending.extend(put);
        self.removed.extend(remove);
        for seq in &self.removed {
            self.pending.remove(seq);
        }
        self.pending_bytes = self.pending.values().map(Publish::cost).sum();
    }
}
