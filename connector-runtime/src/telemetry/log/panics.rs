//! Panics as log messages.

use std::{env, panic};

/// Logs panics of all threads with their place in the code, instead of printing them to stderr, which
/// blocks the thread if nobody reads it. With `RUST_BACKTRACE` they are still printed, with their
/// backtrace.
pub(crate) fn log_panics() {
    if env::var_os("RUST_BACKTRACE").is_some() {
        return;
    }
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let text = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(limit.subject = &*place, "panicked at {place}: {text}");
    }));
}
