//! Where raw messages come from, and in which rhythm.

use std::{borrow::Cow, time::Duration};

/// How long a poll may take where nothing else is said.
const POLL_TIMEOUT: Duration = Duration::from_mins(1);

/// One way by which raw messages arrive, and its rhythm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    name: Cow<'static, str>,
    rhythm: Rhythm,
    timeout: Option<Duration>,
}

/// When a source is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rhythm {
    /// As soon as its last message is processed.
    Push,
    Every(Duration),
    Never,
}

/// The time from one poll to the next: a [`Duration`], or none for a source that is not there.
#[diagnostic::on_unimplemented(
    message = "the rhythm of a source is a `Duration`, and not `{Self}`",
    label = "not a `Duration`",
    note = "write `Duration::from_secs(10)`; with an `Option<Duration>`, `None` says that there is no such source"
)]
pub trait Every {
    /// The time, if the source is there.
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
    /// A source that is polled: at once, and then each time the interval has passed since the
    /// last poll *began*. A poll that takes longer is followed at once by the next, none piles up.
    /// With `None` for the interval it is never polled.
    #[must_use]
    pub fn poll(name: impl Into<Cow<'static, str>>, every: impl Every) -> Self {
        let every = every.every();
        let timeout = every.map(|every| every.max(POLL_TIMEOUT));
        let rhythm = every.map_or(Rhythm::Never, Rhythm::Every);
        Self { name: name.into(), rhythm, timeout }
    }

    /// A source that pushes: [`receive`](crate::Connector::receive) waits for its next message.
    #[must_use]
    pub fn push(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), rhythm: Rhythm::Push, timeout: None }
    }

    /// How long [`receive`](crate::Connector::receive) may take; then the call is dropped, which counts as an
    /// error. Without this it is the interval, but at least a minute, for a source that is polled, and
    /// as long as it takes for one that pushes.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// What log messages call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The time from one poll to the next; none for a source that pushes, or that is not there.
    #[must_use]
    pub const fn every(&self) -> Option<Duration> {
        match self.rhythm {
            Rhythm::Every(every) => Some(every),
            Rhythm::Push | Rhythm::Never => None,
        }
    }

    /// How long a call may take.
    pub(crate) const fn limit(&self) -> Option<Duration> {
        self.timeout
    }

    /// How long its data is fresh: two polls may fail, and a slow one is no trouble.
    pub(crate) fn fresh_for(&self) -> Option<Duration> {
        self.every().map(|every| every.saturating_mul(3).max(POLL_TIMEOUT))
    }

    /// Whether it is asked at all.
    pub(crate) fn is_there(&self) -> bool {
        self.rhythm != Rhythm::Never
    }
}
