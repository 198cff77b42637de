//! The same log message again and again is said a few times only.

use std::{
    collections::HashMap,
    fmt::Write,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use tokio::time::Instant;

use crate::telemetry::log::entry::LogMessage;

/// How often the same text may be said within the period.
const TIMES: usize = 5;
const PERIOD: Duration = Duration::from_mins(1);

/// How many texts are watched at most.
const TEXTS: usize = 1000;

/// Counts texts.
#[derive(Debug, Default)]
pub(super) struct Limit {
    hasher: RandomState,
    said: HashMap<u64, Said>,
}

#[derive(Debug)]
struct Said {
    since: Instant,
    times: usize,
}

impl Limit {
    /// A message that may be said, with how often it was held back before.
    pub(super) fn pass(&mut self, mut message: LogMessage, now: Instant) -> Option<LogMessage> {
        let held_back = self.admit(&message, now)?;
        if held_back > 0 {
            let _ = write!(message.msg, " (and {held_back} times before)");
        }
        Some(message)
    }

    /// Whether a message may be said, and then how often it was held back before.
    fn admit(&mut self, message: &LogMessage, now: Instant) -> Option<usize> {
        let text = self.hasher.hash_one((message.level, &message.emitter, &message.msg));
        if self.said.len() >= TEXTS {
            self.said.retain(|_, said| now - said.since < PERIOD);
        }
        if self.said.len() >= TEXTS {
            self.said.clear();
        }
        let said = self.said.entry(text).or_insert(Said { since: now, times: 0 });
        let mut held_back = 0;
        if now - said.since >= PERIOD {
            held_back = said.times.saturating_sub(TIMES);
            *said = Said { since: now, times: 0 };
        }
        said.times += 1;
        (said.times <= TIMES).then_some(held_back)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn message(msg: &str) -> LogMessage {
        let (timestamp, emitter) = (Timestamp::from_millis(0), String::new());
        LogMessage { timestamp, msg: msg.to_owned(), emitter, level: 40 }
    }

    #[test]
    fn a_repeated_text_is_held_back_and_counted() {
        let (mut limit, start) = (Limit::default(), Instant::now());
        let admitted = (0..100).filter(|_| limit.admit(&message("a"), start).is_some()).count();
        assert_eq!(admitted, TIMES);
        assert_eq!(limit.admit(&message("b"), start), Some(0));
        assert_eq!(limit.admit(&message("a"), start + PERIOD), Some(100 - TIMES));
        assert_eq!(limit.admit(&message("a"), start + PERIOD), Some(0));
    }

    #[test]
    fn the_number_of_texts_is_bounded() {
        let (mut limit, start) = (Limit::default(), Instant::now());
        for i in 0..TEXTS * 2 {
            assert_eq!(limit.admit(&message(&i.to_string()), start), Some(0));
            assert!(limit.said.len() <= TEXTS);
        }
    }
}
