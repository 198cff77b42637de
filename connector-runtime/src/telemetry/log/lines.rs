//! The format of log messages on the console: one line for each message, whatever its content.

use std::fmt;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

use crate::telemetry::log::{collector::Logs, layer::message};

/// Formats a line of time, level, emitter and text, as on the log topic.
pub(super) struct Lines;

impl<S, F> FormatEvent<S, F> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    F: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, F>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let message = message(event, context.parent_span());
        let message = match Logs::responsible() {
            Some(logs) => logs.to_print(message),
            None => Some(message),
        };
        let Some(message) = message else { return Ok(()) };
        SystemTime.format_time(&mut writer)?;
        let level = *event.metadata().level();
        if writer.has_ansi_escapes() {
            write!(writer, " \u{1b}[{}m{level:>5}\u{1b}[0m", colour(level))?;
        } else {
            write!(writer, " {level:>5}")?;
        }
        writeln!(writer, " {}: {}", message.emitter, message.msg)
    }
}

/// The ANSI colour code of a level.
fn colour(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex, PoisonError},
    };

    use tracing_subscriber::{fmt, prelude::*};

    use super::*;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn printed(log: impl FnOnce()) -> String {
        let output = Output::default();
        let writer = output.clone();
        let layer = fmt::layer().event_format(Lines).with_ansi(false);
        let layer = layer.with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(layer);
        let logs = Logs::new(true);
        tracing::subscriber::with_default(subscriber, || logs.collect_sync(log));
        let bytes = output.0.lock().unwrap();
        String::from_utf8(bytes.clone()).unwrap()
    }

    #[test]
    fn an_event_is_one_line_of_limited_length() {
        let lines = printed(|| {
            let span = tracing::info_span!("room");
            let _room = span.enter();
            tracing::warn!(field = %"x\n2026-01-01 INFO forged", "a\u{1b}[2J\r\n\u{202e}b");
            tracing::info!("{}", "ü".repeat(10_000));
        });
        let lines: Vec<_> = lines.lines().collect();
        assert_eq!(lines.len(), 2);
        let (_, first) = lines[0].split_once("Z ").unwrap();
        let emitter = concat!(module_path!(), ":room: ");
        let text = r"a\u{1b}[2J\r\n\u{202e}b field=x\n2026-01-01 INFO forged";
        assert_eq!(first, format!(" WARN {emitter}{text}"));
        assert!(lines[1].len() < 4300 && lines[1].ends_with("ü .."));
    }

    #[test]
    fn repeated_messages_are_held_back() {
        let lines = printed(|| (0..100).for_each(|_| tracing::info!("again")));
        assert_eq!(lines.lines().count(), 5);
    }
}
