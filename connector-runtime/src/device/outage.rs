//! The time without a usable session: what is logged of it, and how long to pause.

use std::time::Duration;

use tokio::time::Instant;

use crate::time::Backoff;

/// The pause after a session that was of use.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The pauses after failures.
const PAUSES: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_mins(1));

/// How many different reasons of one outage are told.
const REASONS: usize = 8;

/// How long a reason that was told is not told again when the device comes and goes.
const SILENCE: Duration = Duration::from_mins(10);

/// The time from a failure to the next session that is of use. Its beginning and its end are told.
#[derive(Default)]
pub(super) struct Outage {
    since: Option<Instant>,
    pub(super) failures: u32,
    /// Whether there ever was a session.
    was_connected: bool,
    /// What was told, and when: a device that comes and goes all the time is told of now and then.
    told: Vec<(String, Instant)>,
    is_told: bool,
}

impl Outage {
    pub(super) fn note(&mut self, reason: &str) {
        let now = Instant::now();
        if !self.is_told {
            self.told.retain(|(_, at)| now - *at < SILENCE);
        }
        self.since.get_or_insert(now);
        self.failures = self.failures.saturating_add(1);
        if self.told.len() >= REASONS || self.told.iter().any(|(told, _)| told == reason) {
            tracing::debug!("no connection to the device, failure {}: {reason}", self.failures);
            return;
        }
        tracing::error!("no connection to the device, trying until there is one: {reason}");
        self.told.push((reason.to_owned(), now));
        self.is_told = true;
    }

    pub(super) fn is_over(&mut self) {
        match self.since {
            Some(since) if self.is_told => tracing::info!(
                "the device is connected again, after {} s and {} failures",
                since.elapsed().as_secs(),
                self.failures
            ),
            None if !self.was_connected => tracing::info!("the device is connected"),
            _ => tracing::debug!("the device is connected again"),
        }
        (self.since, self.failures) = (None, 0);
        (self.was_connected, self.is_told) = (true, false);
    }

    pub(super) fn pause(&self) -> Duration {
        match self.failures {
            0 | 1 if self.was_connected => FIRST_PAUSE,
            failures => PAUSES.pause(failures),
        }
    }
}
