//! The time without a working session: how it is logged, and how long to pause.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    telemetry::{Repetition, counted},
    time::Backoff,
};

/// The pause after a session that worked.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The pauses after failures.
const PAUSES: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_mins(1));

/// How many different reasons are logged for one outage.
const REASONS: usize = 8;

/// How long a reason is not logged again if the device connects and disconnects repeatedly.
const SILENCE: Duration = Duration::from_mins(10);

/// The time from a failure to the next working session. Its beginning and its end are logged.
pub(super) struct Outage {
    since: Option<Instant>,
    pub(super) failures: u32,
    /// Whether there ever was a session.
    was_connected: bool,
    /// The logged reasons, including those of recent outages.
    reasons: Repetition,
    is_logged: bool,
}

impl Default for Outage {
    fn default() -> Self {
        Self {
            since: None,
            failures: 0,
            was_connected: false,
            reasons: Repetition::up_to(REASONS),
            is_logged: false,
        }
    }
}

impl Outage {
    /// Reports a failure to connect, or the end of a session.
    pub(super) fn note(&mut self, reason: &str) {
        if !self.is_logged {
            self.reasons.forget_after(SILENCE);
        }
        self.since.get_or_insert_with(Instant::now);
        self.failures = self.failures.saturating_add(1);
        if self.reasons.is_new(reason) {
            tracing::error!("no connection to the device, retrying: {reason}");
            self.is_logged = true;
        } else {
            tracing::debug!("no connection to the device, failure {}: {reason}", self.failures);
        }
    }

    /// Reports a working session.
    pub(super) fn end(&mut self) {
        match self.since {
            Some(since) if self.is_logged => tracing::info!(
                "reconnected to the device after {} s and {}",
                since.elapsed().as_secs(),
                counted(self.failures, "failure")
            ),
            None if !self.was_connected => tracing::info!("connected to the device"),
            _ => tracing::debug!("reconnected to the device"),
        }
        (self.since, self.failures) = (None, 0);
        (self.was_connected, self.is_logged) = (true, false);
    }

    /// Returns how long to pause before the next attempt.
    pub(super) fn pause(&self) -> Duration {
        match self.failures {
            0 | 1 if self.was_connected => FIRST_PAUSE,
            failures => PAUSES.pause(failures),
        }
    }
}
