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
        let place = within_crate(&place).to_owned();
        let text = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(limit.subject = &*place, "panicked at {place}: {text}");
        if has_backtrace && traced.lock().unwrap_or_else(PoisonError::into_inner).insert(place) {
            printer::print_text(Backtrace::force_capture().to_string());
        }
    }));
}

/// Returns a place in the code without the folder in which cargo or rustc keeps the sources of the build machine.
fn within_crate(place: &str) -> &str {
    let sources = ["/registry/src/", "/git/checkouts/", "/rustc/"];
    let found = sources.into_iter().find_map(|folder| place.split_once(folder));
    found.and_then(|(_, below)| below.split_once('/')).map_or(place, |(_, place)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_do_not_name_folders_of_the_build_machine() {
        for (place, shown) in [
            ("src/main.rs:3:5", "src/main.rs:3:5"),
            (
                "/home/me/.cargo/registry/src/index-1f/redb-4.6.0/src/db.rs:7:1",
                "redb-4.6.0/src/db.rs:7:1",
            ),
            ("/home/me/.cargo/git/checkouts/redb-2c/9f/src/db.rs:7:1", "9f/src/db.rs:7:1"),
            (
                "/rustc/59807616e1fa/library/core/src/option.rs:1:2",
                "library/core/src/option.rs:1:2",
            ),
        ] {
            assert_eq!(within_crate(place), shown);
        }
    }
}
