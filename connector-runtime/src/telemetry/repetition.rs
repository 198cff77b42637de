//! Failures that last: each is logged when it begins, not at every attempt.

use std::time::Duration;

use tokio::time::Instant;

/// Distinguishes a new text from a repeated one, so that a failure that lasts is logged once.
///
/// By default it compares a text with the previous one only, so `a`, `b`, `a` are three new texts.
/// With a [limit](Self::up_to) it remembers all texts, so the second `a` is a repetition; once there
/// are as many as the limit allows, no further one counts as new.
///
/// Call [`note`](Self::note) or [`is_new`](Self::is_new) for each failure, and [`clear`](Self::clear)
/// when the failure has ended.
#[derive(Debug, Default)]
pub(crate) struct Repetition {
    texts: Vec<Noted>,
    limit: Option<usize>,
}

#[derive(Debug)]
struct Noted {
    text: String,
    since: Instant,
    times: u32,
}

impl Repetition {
    /// Remembers up to this many texts, instead of the last one only.
    pub(crate) fn up_to(limit: usize) -> Self {
        Self { limit: Some(limit), ..Self::default() }
    }

    /// Notes a text. Returns how often it has been noted, including this time: 1 if it is new, and 0
    /// if it is beyond the limit.
    pub(crate) fn note(&mut self, text: &str) -> u32 {
        if let Some(noted) = self.texts.iter_mut().find(|noted| noted.text == text) {
            noted.times = noted.times.saturating_add(1);
            return noted.times;
        }
        match self.limit {
            Some(limit) if self.texts.len() >= limit => return 0,
            Some(_) => {}
            None => self.texts.clear(),
        }
        self.texts.push(Noted { text: text.to_owned(), since: Instant::now(), times: 1 });
        1
    }

    /// Notes a text; true if it is new.
    pub(crate) fn is_new(&mut self, text: &str) -> bool {
        self.note(text) == 1
    }

    /// Forgets texts that were new this long ago or longer.
    pub(crate) fn forget_after(&mut self, age: Duration) {
        self.texts.retain(|noted| noted.since.elapsed() < age);
    }

    /// Forgets all texts. Returns the last new one, if any.
    pub(crate) fn clear(&mut self) -> Option<String> {
        let last = self.texts.pop().map(|noted| noted.text);
        self.texts.clear();
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_limit_a_text_is_compared_with_the_previous_one() {
        let mut repetition = Repetition::default();
        assert_eq!(["a", "a", "a", "b", "a"].map(|text| repetition.note(text)), [1, 2, 3, 1, 1]);
        assert_eq!(repetition.clear().as_deref(), Some("a"));
        assert_eq!(repetition.clear(), None);
        assert!(repetition.is_new("a"));
    }

    #[tokio::test(start_paused = true)]
    async fn with_a_limit_all_texts_are_compared_until_they_are_forgotten() {
        let mut repetition = Repetition::up_to(2);
        assert_eq!(["a", "b", "a", "c", "b"].map(|text| repetition.note(text)), [1, 1, 2, 0, 2]);
        tokio::time::advance(Duration::from_secs(9)).await;
        repetition.forget_after(Duration::from_secs(10));
        assert!(!repetition.is_new("c"));
        tokio::time::advance(Duration::from_secs(1)).await;
        repetition.forget_after(Duration::from_secs(10));
        assert!(repetition.is_new("c"));
    }
}
