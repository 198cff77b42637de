//! Log output of a process on the console.

use std::io::{self, IsTerminal, Write};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, prelude::*};

use crate::telemetry::log::{
    collector::{FALLBACK, Logs},
    layer::LogTopicLayer,
    printer::{self, LastLines, Printer},
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

    /// The stream without the lock and the buffer of the standard library: a thread that waits for the
    /// console must not stop `println!` elsewhere.
    #[cfg(unix)]
    fn writer(self) -> io::Result<impl Write + Send + 'static> {
        use std::{fs::File, os::fd::AsFd};

        let stream = match self {
            Self::Stdout => io::stdout().as_fd().try_clone_to_owned(),
            Self::Stderr => io::stderr().as_fd().try_clone_to_owned(),
        };
        stream.map(File::from)
    }

    #[cfg(not(unix))]
    #[allow(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
    fn writer(self) -> io::Result<Box<dyn Write + Send + 'static>> {
        Ok(match self {
            Self::Stdout => Box::new(io::stdout()),
            Self::Stderr => Box::new(io::stderr()),
        })
    }
}

/// Installs a subscriber that sends log messages to the console and to the bus. If the process already
/// has a subscriber, that one stays. Keep the returned value until the end: it waits for the last lines.
///
/// The error is that of starting the thread that prints.
pub(crate) fn init(logs: &Logs, console: Console) -> io::Result<LastLines> {
    let _ = FALLBACK.set(logs.clone());
    let libraries = ["h2", "hyper", "hyper_util", "reqwest", "rustls", "tokio", "tungstenite"];
    let levels = Targets::new()
        .with_default(logs.0.level)
        .with_targets(libraries.map(|library| (library, LevelFilter::INFO)));
    let subscriber = tracing_subscriber::registry().with(LogTopicLayer.with_filter(levels));
    if subscriber.try_init().is_ok() {
        printer::start(Printer::new(console.is_terminal()), console.writer()?)?;
    }
    Ok(LastLines)
}
