//! Conversion of `tracing` events to messages on the log topic.

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    Layer,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

use crate::{
    telemetry::log::{collector::Logs, entry::LogMessage, text},
    time::Timestamp,
};

/// A `tracing` layer that publishes the events of a connector's tasks on its log topic, `{name}/logs`.
///
/// Add it to your subscriber if your program installs one before it starts a connector. Events outside of
/// any connector's tasks are published by the first connector of the process.
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

/// Converts an event to a log message.
pub(super) fn message<'a, S: LookupSpan<'a>>(
    event: &Event<'_>,
    span: Option<SpanRef<'a, S>>,
) -> LogMessage {
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

/// The number of a level in Python's `logging`.
fn number(level: Level) -> u8 {
    match level {
        Level::ERROR => 40,
        Level::WARN => 30,
        Level::INFO => 20,
        Level::DEBUG | Level::TRACE => 10,
    }
}
