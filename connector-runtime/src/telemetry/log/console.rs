//! Where the log messages of a process go.

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    filter::Targets,
    fmt::{self as console, writer::BoxMakeWriter},
    prelude::*,
};

use crate::telemetry::log::{
    collector::{FALLBACK, Logs},
    layer::LogTopicLayer,
    lines::Lines,
};

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
