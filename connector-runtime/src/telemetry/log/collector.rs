//! The log messages of one connector that wait to be published.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use tracing::level_filters::LevelFilter;

use crate::{
    telemetry::{
        counted,
        log::{
            entry::LogMessage,
            limit::{Decision, Limit, PERIOD, Place},
            printer,
        },
    },
    time::Timestamp,
};

/// The maximum number of messages that wait for the broker; the oldest are dropped first.
pub(super) const CAPACITY: usize = 1000;

tokio::task_local! {
    static CURRENT: Logs;
}

/// Collects the messages that are logged outside of any connector's tasks.
pub(super) static FALLBACK: OnceLock<Logs> = OnceLock::new();

/// The log messages of one connector that are not yet published.
#[derive(Debug, Clone)]
pub(crate) struct Logs(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) level: LevelFilter,
    limit: Mutex<Limit>,
    /// Notified when the next report about messages that were held back may be due earlier.
    held_back: Notify,
    queue: Mutex<Queue>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<LogMessage>,
    /// Dropped messages that were not yet reported, and all of them.
    unreported: u64,
    dropped: u64,
}

/// How many log messages were lost, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LostLogs {
    /// They exceeded the limits of the log.
    pub(crate) limit: u64,
    /// The console did not accept them, whichever connector of the process logged them.
    pub(crate) console: u64,
    /// Too many were waiting for the broker.
    pub(crate) broker: u64,
}

impl Logs {
    /// Collects messages from level INFO on, with `debug` from DEBUG on.
    pub(crate) fn new(debug: bool) -> Self {
        let level = if debug { LevelFilter::DEBUG } else { LevelFilter::INFO };
        let (limit, queue) = (Mutex::default(), Mutex::default());
        let (held_back, changed) = (Notify::new(), Notify::new());
        Self(Arc::new(Inner { level, limit, held_back, queue, changed }))
    }

    /// Runs a task and collects its messages.
    pub(crate) fn collect<F: Future>(&self, task: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(self.clone(), task)
    }

    /// Runs a function and collects its messages.
    #[cfg(any(test, feature = "spool"))]
    pub(crate) fn collect_sync<T>(&self, action: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self.clone(), action)
    }

    /// The collector of the current task.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Takes the messages that were logged since the last call.
    pub(crate) fn take(&self) -> VecDeque<LogMessage> {
        let mut queue = self.queue();
        let dropped = std::mem::take(&mut queue.unreported);
        if dropped > 0 {
            let dropped = counted(dropped, "earlier log message");
            let msg =
                format!("dropped {dropped}: more than {CAPACITY} were waiting for the broker");
            let emitter = module_path!().to_owned();
            let level = LogMessage::WARNING;
            let lost = LogMessage { timestamp: Timestamp::now(), msg, emitter, level };
            queue.messages.push_front(lost);
        }
        std::mem::take(&mut queue.messages)
    }

    pub(crate) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// Reports messages that were held back, a minute after the first of each kind.
    pub(crate) async fn report_held_back(self) {
        loop {
            let due = self.limit().due();
            let is_due = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = is_due => self.report(PERIOD),
                () = self.0.held_back.notified() => {}
            }
        }
    }

    /// Reports messages that were held back until now.
    pub(crate) fn report_all_held_back(&self) {
        self.report(Duration::ZERO);
    }

    /// How many messages were lost.
    pub(crate) fn lost(&self) -> LostLogs {
        let (limit, broker) = (self.limit().held_back, self.queue().dropped);
        LostLogs { limit, console: printer::lost(), broker }
    }

    /// The collector of the current task, or else of the first connector.
    pub(super) fn responsible() -> Option<Self> {
        Self::current().or_else(|| FALLBACK.get().cloned())
    }

    /// Logs a message, unless it has to be held back.
    pub(super) fn log(&self, place: Place, message: LogMessage) {
        let decision = self.limit().decide(place, message, Instant::now());
        match decision {
            Decision::Log(message) => self.push(message),
            Decision::HoldBack { is_first: true } => self.0.held_back.notify_one(),
            Decision::HoldBack { is_first: false } => {}
        }
    }

    fn report(&self, age: Duration) {
        let reports = self.limit().reports(age, Instant::now());
        for report in reports {
            self.push(report);
        }
    }

    /// Logs a message that no limit applies to.
    pub(super) fn push(&self, message: LogMessage) {
        printer::print(&message);
        let mut queue = self.queue();
        queue.messages.push_back(message);
        if queue.messages.len() > CAPACITY {
            queue.messages.pop_front();
            queue.unreported += 1;
            queue.dropped += 1;
        }
        drop(queue);
        self.0.changed.notify_one();
    }

    pub(super) fn limit(&self) -> MutexGuard<'_, Limit> {
        self.0.limit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
