//! Measures what programs take, and not what a busy machine adds.

use std::{
    fs,
    time::{Duration, Instant},
};

/// A point in time. From one to the next that is not counted in which programs of this machine had to wait for
/// a processor or a disk.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    pub instant: Instant,
    stalled: Duration,
}

impl Moment {
    pub fn now() -> Self {
        let stalled = ["cpu", "io"].into_iter().filter_map(stalled).sum();
        Self { instant: Instant::now(), stalled }
    }

    pub fn since(self, earlier: Self) -> Duration {
        let passed = self.instant.duration_since(earlier.instant);
        passed.saturating_sub(self.stalled_since(earlier))
    }

    /// How long programs had to wait meanwhile.
    pub fn stalled_since(self, earlier: Self) -> Duration {
        self.stalled.saturating_sub(earlier.stalled)
    }

    pub fn elapsed(self) -> Duration {
        Self::now().since(self)
    }
}

/// How long programs had to wait in all, by Linux's account, if it keeps one.
fn stalled(resource: &str) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/pressure/{resource}")).ok()?;
    let line = text.lines().find(|line| line.starts_with("some "))?;
    line.rsplit_once("total=")?.1.parse().ok().map(Duration::from_micros)
}
