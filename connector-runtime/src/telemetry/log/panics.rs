//! Panics as log messages.

use std::{
    backtrace::Backtrace,
    collections::HashSet,
    env, panic,
    sync::{Mutex, PoisonError},
};

use crate::telemetry::log::printer;

/// Logs panics of all threads with their place in the code, instead of printing them to stderr, which
/// blocks the thread if nobody reads it. With `RUST_BACKTRACE=1`, the backtrace of the first panic at each
/// place is printed to the console.
pub(crate) fn log_panics() {
    let has_backtrace = env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0");
    let traced = Mutex::new(HashSet::new());
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let text = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(limit.subject = &*place, "panicked at {place}: {text}");
        if has_backtrace && traced.lock().unwrap_or_else(PoisonError::into_inner).insert(place) {
            printer::print_text(Backtrace::force_capture().to_string());
        }
    }));
}
