//! The format of log messages on the console.

use std::fmt::Write;

use tracing_subscriber::fmt::{
    format::Writer,
    time::{FormatTime, SystemTime},
};

use crate::telemetry::log::entry::LogMessage;

/// Formats a message as a line of time, level, emitter and text, as on the log topic.
pub(super) fn of(message: &LogMessage, is_coloured: bool) -> String {
    let mut line = String::new();
    // Writing to a String never fails.
    let _ = SystemTime.format_time(&mut Writer::new(&mut line));
    let (level, colour) = match message.level {
        LogMessage::ERROR.. => ("ERROR", 31),
        LogMessage::WARNING.. => ("WARN", 33),
        LogMessage::INFO.. => ("INFO", 32),
        _ => ("DEBUG", 34),
    };
    let _ = if is_coloured {
        write!(line, " \u{1b}[{colour}m{level:>5}\u{1b}[0m")
    } else {
        write!(line, " {level:>5}")
    };
    let _ = writeln!(line, " {}: {}", message.emitter, message.msg);
    line
}
