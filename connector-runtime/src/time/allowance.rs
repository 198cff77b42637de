//! An allowance for work that others can demand.

use tokio::time::{Duration, Instant};

/// An amount of work that may be done at once, and that recovers with time: however much is demanded, the
/// work takes a limited part of the time.
#[derive(Debug)]
pub(crate) struct Allowance {
    burst: u64,
    per_second: u64,
    spent: u64,
    recovered: Option<Instant>,
}

impl Allowance {
    /// Allows `burst` at once, and `per_second` in the long run.
    pub(crate) const fn new(burst: u64, per_second: u64) -> Self {
        Self { burst, per_second, spent: 0, recovered: None }
    }

    /// Returns whether work may be done now.
    pub(crate) fn is_left(&self) -> bool {
        self.spent < self.burst
    }

    /// Reports work. A single piece may be larger than the rest of the allowance; the next one then waits
    /// longer.
    pub(crate) fn spend(&mut self, amount: usize) {
        self.spent = self.spent.saturating_add(amount as u64);
    }

    /// Reports the present time.
    pub(crate) fn recover(&mut self, now: Instant) {
        let since = *self.recovered.get_or_insert(now);
        let millis = now.saturating_duration_since(since).as_millis();
        let regained =
            u64::try_from(millis).unwrap_or(u64::MAX).saturating_mul(self.per_second) / 1000;
        // Short times must not be rounded down to nothing.
        if regained > 0 {
            self.spent = self.spent.saturating_sub(regained);
            self.recovered = Some(now);
        }
    }

    /// Returns when work may be done again, as far as is known.
    pub(crate) fn left_at(&self) -> Option<Instant> {
        let excess = (self.spent + 1).saturating_sub(self.burst);
        let millis = excess.saturating_mul(1000).div_ceil(self.per_second);
        self.recovered.map(|recovered| recovered + Duration::from_millis(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_followed_by_a_limited_rate() {
        let (mut allowance, start) = (Allowance::new(10, 2), Instant::now());
        allowance.recover(start);
        let mut spent_at = Vec::new();
        for millis in (0..5000).step_by(100) {
            let now = start + Duration::from_millis(millis);
            allowance.recover(now);
            assert_eq!(allowance.is_left(), allowance.left_at().unwrap() <= now);
            while allowance.is_left() {
                allowance.spend(4);
                spent_at.push(millis);
            }
        }
        assert_eq!(spent_at, [0, 0, 0, 1500, 3500]);
    }

    #[test]
    fn large_pieces_and_clocks_that_stand_still_are_supported() {
        let mut allowance = Allowance::new(10, 1);
        allowance.spend(usize::MAX);
        let now = Instant::now();
        allowance.recover(now);
        allowance.recover(now);
        assert!(!allowance.is_left());
    }
}
