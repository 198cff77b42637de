//! Log messages: to stdout, and to `{name}/logs` with Python's numeric levels.
//!
//! Each connector has its own [`Logs`]: what its tasks say goes to its own topic, also where many
//! connectors run in one process. Saying something never waits and never fails. From here to the
//! broker nothing is logged, so that a log message cannot cause another one.

mod limit;
mod lines;
pub(crate) mod text;

use std::{
    collections::VecDeque,
    io::{self, IsTerminal},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use tokio::{sync::Notify, time::Instant};
use tracing::{Event, Level, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    fmt::{self as console, writer::BoxMakeWriter},
    layer::Context,
    prelude::*,
    registry::{LookupSpan, SpanRef},
};

use self::{limit::Limit, lines::Lines};
use crate::{Timestamp, message::LogMessage};

/// How many messages wait for the broker at most; the oldest are dropped first.
const CAPACITY: usize = 1000;

tokio::task_local! {
    static CURRENT: Logs;
}

/// Where messages go that come from outside of any connector's tasks.
static FALLBACK: OnceLock<Logs> = OnceLock::new();

/// The log messages of one connector that are not yet on the bus.
#[derive(Debug, Clone)]
pub(crate) struct Logs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    level: LevelFilter,
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
    /// Collects messages from level INFO, or from DEBUG.
    pub(crate) fn new(debug: bool) -> Self {
        let level = if debug { LevelFilter::DEBUG } else { LevelFilter::INFO };
        let (queue, printed) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { level, queue, printed, changed: Notify::new() }))
    }

    /// Runs a task whose messages belong here.
    pub(crate) fn collect<F: Future>(&self, task: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(self.clone(), task)
    }

    /// Runs a function whose messages belong here.
    #[cfg(any(test, feature = "spool"))]
    pub(crate) fn collect_sync<T>(&self, action: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self.clone(), action)
    }

    /// Those of the task at hand.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// What was said since this was last asked.
    pub(crate) fn take(&self) -> VecDeque<LogMessage> {
        let mut queue = self.queue();
        let dropped = std::mem::take(&mut queue.dropped);
        if dropped > 0 {
            let msg =
                format!("{dropped} log messages before this one are lost: there were too many");
            let emitter = module_path!().to_owned();
            let lost = LogMessage { timestamp: Timestamp::now(), msg, emitter, level: 30 };
            queue.messages.push_front(lost);
        }
        std::mem::take(&mut queue.messages)
    }

    pub(crate) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// Those of the task at hand, or else of the first connector.
    fn responsible() -> Option<Self> {
        Self::current().or_else(|| FALLBACK.get().cloned())
    }

    fn push(&self, message: LogMessage) {
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

    /// The message as stdout shows it, unless it was there too often.
    fn to_print(&self, message: LogMessage) -> Option<LogMessage> {
        let mut printed = self.0.printed.lock().unwrap_or_else(PoisonError::into_inner);
        printed.pass(message, Instant::now())
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the log messages of a process go beside the bus.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Console {
    Stdout,
    /// For a tool: on stdout is what it was asked for.
    Stderr,
}

impl Console {
    fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
        }
    }

    fn writer(self) -> BoxMakeWriter {
        match self {
            Self::Stdout => BoxMakeWriter::new(io::stdout),
            Self::Stderr => BoxMakeWriter::new(io::stderr),
        }
    }
}

/// Sends the process's log messages to the console and to the bus. Where the process has a subscriber
/// already, that one stays.
pub(crate) fn init(logs: &Logs, console: Console) {
    let _ = FALLBACK.set(logs.clone());
    let libraries = ["h2", "hyper", "hyper_util", "reqwest", "rustls", "tokio", "tungstenite"];
    let levels = Targets::new()
        .with_default(logs.0.level)
        .with_targets(libraries.map(|library| (library, LevelFilter::INFO)));
    let _ = tracing_subscriber::registry()
        .with(
            console::layer()
                .event_format(Lines)
                .with_ansi(console.is_terminal())
                .with_writer(console.writer())
                .with_filter(levels.clone()),
        )
        .with(LogTopicLayer.with_filter(levels))
        .try_init();
}

/// Puts what a connector's tasks say on its log topic: a layer for programs that have a `tracing`
/// subscriber of their own. What is said outside of any connector's tasks goes to the first one.
#[derive(Debug, Clone, Copy)]
pub struct LogTopicLayer;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogTopicLayer {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(logs) = Logs::responsible() else { return };
        if *event.metadata().level() <= logs.0.level {
            logs.push(message(event, context.event_span(event)));
        }
    }
}

/// An event as a log message.
fn message<'a, S: LookupSpan<'a>>(event: &Event<'_>, span: Option<SpanRef<'a, S>>) -> LogMessage {
    let metadata = event.metadata();
    let emitter = match span {
        Some(span) => format!("{}:{}", metadata.target(), span.name()),
        None => metadata.target().to_owned(),
    };
    LogMessage {
        timestamp: Timestamp::now(),
        msg: text::of(event),
        emitter: text::one_line(&emitter),
        level: number(*metadata.level()),
    }
}

/// Python's number for a level.
fn number(level: Level) -> u8 {
    match level {
        Level::ERROR => 40,
        Level::WARN => 30,
        Level::INFO => 20,
        Level::DEBUG | Level::TRACE => 10,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    fn said(debug: bool, say: impl FnOnce()) -> Vec<(String, u8)> {
        let logs = Logs::new(debug);
        let subscriber = tracing_subscriber::registry().with(LogTopicLayer);
        tracing::subscriber::with_default(subscriber, || logs.collect_sync(say));
        logs.take().into_iter().map(|message| (message.msg, message.level)).collect()
    }

    fn messages(say: impl FnOnce()) -> Vec<String> {
        said(true, say).into_iter().map(|(msg, _)| msg).collect()
    }

    #[test]
    fn levels_are_those_of_python() {
        let say = || {
            tracing::error!("e");
            tracing::warn!("w");
            tracing::info!("i");
            tracing::debug!("d");
        };
        let pairs = [("e", 40), ("w", 30), ("i", 20), ("d", 10)].map(|(m, l)| (m.to_owned(), l));
        assert_eq!(said(true, say), pairs);
        assert_eq!(said(false, say), pairs[..3]);
    }

    #[test]
    fn fields_and_causes_are_part_of_the_message() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] fmt::Error);
        let error = Outer(fmt::Error);
        let said = messages(|| {
            tracing::info!(key = "a", count = 2, "text with {}", "100% done");
            tracing::error!(error = &error as &dyn std::error::Error, "failed");
        });
        let cause = fmt::Error.to_string();
        let expected = [
            "text with 100% done key=\"a\" count=2".to_owned(),
            format!("failed error=outer: {cause}"),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn a_flood_drops_the_oldest_and_says_so() {
        let said = messages(|| (0..CAPACITY + 5).for_each(|i| tracing::info!("message {i}")));
        assert_eq!(said.len(), CAPACITY + 1);
        assert_eq!(said[0], "5 log messages before this one are lost: there were too many");
        assert_eq!(said[1], "message 5");
    }
}
