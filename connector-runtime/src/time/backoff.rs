//! Pauses between retries.

use std::time::Duration;

/// Pauses that double with each consecutive failure, up to a maximum.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    shortest: Duration,
    longest: Duration,
}

impl Backoff {
    /// Pauses from `shortest`, after the first failure, up to `longest`.
    pub(crate) const fn new(shortest: Duration, longest: Duration) -> Self {
        Self { shortest, longest }
    }

    /// Returns the pause after this number of consecutive failures; zero for no failure.
    pub(crate) fn pause(self, failures: u32) -> Duration {
        let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
        let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
        self.shortest.saturating_mul(factor).min(self.longest)
    }

    /// Limits a number of failures to the smallest one that has the longest pause.
    pub(crate) fn cap(self, failures: u32) -> u32 {
        (0..failures).find(|&fewer| self.pause(fewer) == self.longest).unwrap_or(failures)
    }
}

/// Returns a random duration from half of the pause to all of it, so that many connectors do not retry at
/// the same moment.
pub(crate) fn jitter(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));
        let pauses =
            [0, 1, 2, 5, 6, 40, u32::MAX].map(|failures| backoff.pause(failures).as_secs());
        assert_eq!(pauses, [0, 1, 2, 16, 30, 30, 30]);
        assert_eq!([0, 3, 6, 7, u32::MAX].map(|failures| backoff.cap(failures)), [0, 3, 6, 6, 6]);
    }

    #[test]
    fn jitter_removes_at_most_half() {
        let second = Duration::from_secs(1);
        for _ in 0..100 {
            assert!((second / 2..=second).contains(&jitter(second)));
        }
    }
}
