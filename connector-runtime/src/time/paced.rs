//! Work that others can demand, at a pace that they cannot raise.

use std::time::Duration;

use tokio::time::Instant;

/// Work that is done at once as long as its allowance lasts, which recovers with time. After that, only the
/// last work that is demanded waits.
#[derive(Debug)]
pub(crate) struct Paced<T> {
    burst: u64,
    per_second: u64,
    spent: u64,
    recovered: Option<Instant>,
    waiting: Option<T>,
}

impl<T> Paced<T> {
    /// Allows an amount of `burst` at once, and of `per_second` in the long run.
    pub(crate) const fn new(burst: u64, per_second: u64) -> Self {
        Self { burst, per_second, spent: 0, recovered: None, waiting: None }
    }

    /// Returns whether work is waiting.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Demands work; true if it may be done now. Otherwise it waits, and replaces earlier work.
    pub(crate) fn demand(&mut self, work: impl FnOnce() -> T) -> bool {
        self.waiting = if self.is_allowed() { None } else { Some(work()) };
        self.waiting.is_none()
    }

    /// Keeps work for later, although it may be done now.
    pub(crate) fn postpone(&mut self, work: T) {
        self.waiting = Some(work);
    }

    /// Reports that work was done. A single piece may cost more than the rest of the allowance; the next
    /// one then waits longer.
    pub(crate) fn spend(&mut self, amount: usize) {
        self.spent = self.spent.saturating_add(amount as u64);
    }

    /// Reports the present time, and returns the waiting work if it may be done now.
    pub(crate) fn recover(&mut self, now: Instant) -> Option<T> {
        let since = *self.recovered.get_or_insert(now);
        let millis = u64::try_from(now.saturating_duration_since(since).as_millis());
        let regained = millis.unwrap_or(u64::MAX).saturating_mul(self.per_second) / 1000;
        // Short times must not be rounded down to nothing.
        if regained > 0 {
            self.spent = self.spent.saturating_sub(regained);
            self.recovered = Some(now);
        }
        if self.is_allowed() { self.waiting.take() } else { None }
    }

    /// Returns when [`recover`](Self::recover) will return the waiting work, if there is any.
    pub(crate) fn due_at(&self) -> Option<Instant> {
        self.waiting.as_ref()?;
        let excess = self.spent.saturating_add(1).saturating_sub(self.burst);
        let millis = excess.saturating_mul(1000).div_ceil(self.per_second);
        self.recovered.map(|recovered| recovered + Duration::from_millis(millis))
    }

    fn is_allowed(&self) -> bool {
        self.spent < self.burst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_followed_by_a_limited_rate() {
        let (mut paced, start) = (Paced::new(10, 2), Instant::now());
        let mut done = Vec::new();
        for millis in (0..5000).step_by(100) {
            let now = start + Duration::from_millis(millis);
            let is_due = paced.due_at().is_some_and(|due| due <= now);
            let waited = paced.recover(now);
            assert_eq!(waited.is_some(), is_due);
            let mut note = |work| done.push((work, millis));
            if let Some(work) = waited {
                paced.spend(4);
                note(work);
            }
            if paced.demand(|| millis) {
                paced.spend(4);
                note(millis);
            }
        }
        assert_eq!(done, [(0, 0), (100, 100), (200, 200), (1400, 1500), (3400, 3500)]);
    }

    #[test]
    fn large_pieces_are_supported() {
        let (mut paced, now) = (Paced::new(10, 1), Instant::now());
        paced.spend(usize::MAX);
        assert_eq!(paced.recover(now), None::<()>);
        assert!(!paced.demand(|| ()));
        assert!(paced.due_at().unwrap() > now + Duration::from_hours(1));
    }
}
