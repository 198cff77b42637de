//! Log output of a process on the console.

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

/// The stream to which a process prints its log messages.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Console {
    Stdout,
    /// For subcommands, whose output is on stdout.
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

/// Installs a subscriber that sends log messages to the console and to the bus. If the process already
/// has a subscriber, that one stays.
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
