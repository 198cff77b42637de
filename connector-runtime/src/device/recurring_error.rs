//! Errors that last or recur: how they are logged, and how long to pause.

use std::time::Duration;

use crate::{
    error::{Causes, Error},
    telemetry::Repetition,
    time::Backoff,
};

/// The pause after the first failure; it doubles up to the longest.
const PAUSES: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));

/// How many times the same error is logged before it is logged at powers of two only.
pub(crate) const OFTEN: u32 = 5;

/// An error that may last or recur.
pub(crate) struct RecurringError {
    /// The beginning of its log messages, such as "`poll`" and "failed".
    subject: String,
    event: &'static str,
    in_a_row: u32,
    repetition: Repetition,
}

impl RecurringError {
    pub(crate) fn new(subject: String, event: &'static str) -> Self {
        Self { subject, event, in_a_row: 0, repetition: Repetition::default() }
    }

    /// Reports an error.
    pub(crate) fn note(&mut self, error: &Error) {
        let (subject, event, text) = (&self.subject, self.event, Causes(error).to_string());
        self.in_a_row = self.in_a_row.saturating_add(1);
        match self.repetition.note(&text) {
            1 => tracing::error!(limit.subject = &**subject, "{subject} {event}: {text}"),
            times if times <= OFTEN || times.is_power_of_two() => {
                tracing::error!(
                    limit.subject = &**subject,
                    "{subject} {event} ({times} times): {text}"
                );
            }
            times => tracing::debug!(
                limit.subject = &**subject,
                "{subject} {event} ({times} times): {text}"
            ),
        }
    }

    /// Reports a success.
    pub(crate) fn end(&mut self) {
        if let Some(text) = self.repetition.clear() {
            let subject = &*self.subject;
            tracing::info!(limit.subject = subject, "recovered: {subject} (was: {text})");
        }
        self.in_a_row = 0;
    }

    /// Returns how long to pause; the first `free` failures in a row need no pause.
    pub(crate) fn pause(&self, free: u32) -> Duration {
        PAUSES.pause(self.in_a_row.saturating_sub(free))
    }
}
