//! The log messages of one connector that wait to be published.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use tokio::{sync::Notify, time::Instant};
use tracing::level_filters::LevelFilter;

use crate::{
    telemetry::log::{entry::LogMessage, limit::Limit},
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
    queue: Mutex<Queue>,
    printed: Mutex<Limit>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<LogMessage>,
    limit: Limit,
    dropped: usize,
}

impl Logs {
    /// Collects messages from level INFO on, with `debug` from DEBUG on.
    pub(crate) fn new(debug: bool) -> Self {
        let level = if debug { LevelFilter::DEBUG } else { LevelFilter::INFO };
        let (queue, printed) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { level, queue, printed, changed: Notify::new() }))
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
        let dropped = std::mem::take(&mut queue.dropped);
        if dropped > 0 {
            let s = if dropped == 1 { "" } else { "s" };
            let msg = format!(
                "dropped {dropped} earlier log message{s}: more than {CAPACITY} were waiting for the broker"
            );
            let emitter = module_path!().to_owned();
            let lost = LogMessage { timestamp: Timestamp::now(), msg, emitter, level: 30 };
            queue.messages.push_front(lost);
        }
        std::mem::take(&mut queue.messages)
    }

    pub(crate) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// The collector of the current task, or else of the first connector.
    pub(super) fn responsible() -> Option<Self> {
        Self::current().or_else(|| FALLBACK.get().cloned())
    }

    pub(super) fn push(&self, message: LogMessage) {
        let mut queue = self.queue();
        let Some(message) = queue.limit.pass(message, Instant::now()) else { return };
        queue.messages.push_back(message);
        if queue.messages.len() > CAPACITY {
            queue.messages.pop_front();
            queue.dropped += 1;
        }
        drop(queue);
        self.0.changed.notify_one();
    }

    /// The message as it is printed, unless it was already printed too often.
    pub(super) fn to_print(&self, message: LogMessage) -> Option<LogMessage> {
        let mut printed = self.0.printed.lock().unwrap_or_else(PoisonError::into_inner);
        printed.pass(message, Instant::now())
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
