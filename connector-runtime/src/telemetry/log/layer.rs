//! Conversion of `tracing` events to messages on the log topic.

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use crate::{
    telemetry::log::{
        collector::Logs,
        entry::LogMessage,
        limit::Place,
        text::{Text, one_line},
    },
    time::Timestamp,
};

/// The root of the targets of the runtime's own events.
const RUNTIME: &str = env!("CARGO_CRATE_NAME");

/// A `tracing` layer that publishes the events of a connector's tasks on its log topic, `{name}/logs`, at a
/// limited rate.
///
/// Add it to your subscriber if your program installs one before it starts a connector. Events outside of
/// any connector's tasks are published by the first connector of the process. Some events of the runtime have a
/// field `limit.subject`, which names a source or actuator for the limit and is not published.
#[derive(Debug, Clone, Copy)]
pub struct LogTopicLayer;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogTopicLayer {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(logs) = Logs::responsible() else { return };
        let metadata = event.metadata();
        if *metadata.level() > logs.0.level {
            return;
        }
        let span = context.event_span(event);
        let text = Text::of(event);
        let emitter = match &span {
            Some(span) => format!("{}:{}", metadata.target(), span.name()),
            None => metadata.target().to_owned(),
        };
        let message = LogMessage {
            timestamp: Timestamp::now(),
            msg: text.line(),
            emitter: one_line(&emitter),
            level: number(*metadata.level()),
        };
        let place = Place {
            callsite: metadata.callsite(),
            span: span.map(|span| span.metadata().callsite()),
            subject: text.subject,
            is_of_runtime: metadata.target().split("::").next() == Some(RUNTIME),
        };
        logs.log(place, message);
    }
}

/// The number of a level in Python's `logging`.
fn number(level: Level) -> u8 {
    match level {
        Level::ERROR => LogMessage::ERROR,
        Level::WARN => LogMessage::WARNING,
        Level::INFO => LogMessage::INFO,
        Level::DEBUG | Level::TRACE => LogMessage::DEBUG,
    }
}
