//! Failures that may last or come back: what is told of them, and how long to pause.

use std::time::Duration;

use crate::{
    error::{Causes, Error},
    time::Backoff,
};

/// The pause after the first failure; it doubles up to the longest.
const PAUSES: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));

/// How often the same failure is told before it is told ever more rarely.
pub(crate) const OFTEN: u32 = 5;

/// A failure that may last or come back.
pub(crate) struct RecurringError {
    what: String,
    in_a_row: u32,
    /// The last failure, and how often it was the same.
    text: String,
    times: u32,
}

impl RecurringError {
    pub(crate) fn new(what: String) -> Self {
        Self { what, in_a_row: 0, text: String::new(), times: 0 }
    }

    pub(crate) fn note(&mut self, error: &Error) {
        let (what, text) = (&self.what, Causes(error).to_string());
        self.in_a_row = self.in_a_row.saturating_add(1);
        if text != self.text {
            tracing::error!("{what}: {text}");
            (self.times, self.text) = (1, text);
            return;
        }
        self.times = self.times.saturating_add(1);
        let times = self.times;
        if times <= OFTEN || times.is_power_of_two() {
            tracing::error!("{what} ({times} times): {text}");
        } else {
            tracing::debug!("{what} ({times} times): {text}");
        }
    }

    pub(crate) fn is_over(&mut self) {
        if self.times > 0 {
            tracing::info!("it works again. Before, {}: {}", self.what, self.text);
        }
        (self.in_a_row, self.times, self.text) = (0, 0, String::new());
    }

    /// How long to wait, if more than so many failures are free.
    pub(crate) fn pause(&self, free: u32) -> Duration {
        PAUSES.pause(self.in_a_row.saturating_sub(free))
    }
}
