//! The sources of raw messages.

use std::{borrow::Cow, time::Duration};

/// The default time limit for a poll.
const POLL_TIMEOUT: Duration = Duration::from_mins(1);

/// One way in which raw messages arrive: by polling the device, or because the device pushes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    name: Cow<'static, str>,
    rhythm: Rhythm,
    timeout: Option<Duration>,
}

/// When a source is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rhythm {
    /// As soon as its last message has been processed.
    Push,
    Every(Duration),
    Never,
}

/// The interval of a source: a [`Duration`], or `None` for a source that is disabled.
#[diagnostic::on_unimplemented(
    message = "the interval of a source must be a `Duration`, not `{Self}`",
    label = "not a `Duration`",
    note = "write `Duration::from_secs(10)`, or an `Option<Duration>`, where `None` disables the source"
)]
pub trait Every {
    /// Returns the interval, or `None` if the source is disabled.
    fn every(self) -> Option<Duration>;
}

impl Every for Duration {
    fn every(self) -> Option<Self> {
        Some(self)
    }
}

impl Every for Option<Duration> {
    fn every(self) -> Self {
        self
    }
}

impl Source {
    /// Creates a source that is polled: immediately, and then each time the interval has passed since the
    /// last poll *began*. After a poll that takes longer than the interval, the next one begins
    /// immediately, and missed polls are skipped. With `None` as the interval, the source is never
    /// polled.
    #[must_use]
    pub fn poll(name: impl Into<Cow<'static, str>>, every: impl Every) -> Self {
        let every = every.every();
        let timeout = every.map(|every| every.max(POLL_TIMEOUT));
        let rhythm = every.map_or(Rhythm::Never, Rhythm::Every);
        Self { name: name.into(), rhythm, timeout }
    }

    /// Creates a source that pushes: [`receive`](crate::Connector::receive) waits for its next message.
    #[must_use]
    pub fn push(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), rhythm: Rhythm::Push, timeout: None }
    }

    /// Sets the time limit for [`receive`](crate::Connector::receive), after which the call is dropped,
    /// which counts as an error. By default it is the interval, but at least one minute, for a source
    /// that is polled, and unlimited for one that pushes.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Returns the name of the source in log messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the interval between two polls; `None` for a source that pushes or is disabled.
    #[must_use]
    pub const fn every(&self) -> Option<Duration> {
        match self.rhythm {
            Rhythm::Every(every) => Some(every),
            Rhythm::Push | Rhythm::Never => None,
        }
    }

    /// The time limit for a call.
    pub(crate) const fn limit(&self) -> Option<Duration> {
        self.timeout
    }

    /// How long data counts as fresh: three intervals, but at least one minute, so that two polls may
    /// fail or one be slow.
    pub(crate) fn fresh_for(&self) -> Option<Duration> {
        self.every().map(|every| every.saturating_mul(3).max(POLL_TIMEOUT))
    }

    /// Whether the source is enabled.
    pub(crate) fn is_there(&self) -> bool {
        self.rhythm != Rhythm::Never
    }
}
