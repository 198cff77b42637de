//! Rate limit of repeated log messages.

use std::{
    collections::HashMap,
    fmt::Write,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use tokio::time::Instant;

use crate::telemetry::log::entry::LogMessage;

/// How often the same text is logged within `PERIOD`.
const TIMES: usize = 5;
const PERIOD: Duration = Duration::from_mins(1);

/// The maximum number of texts that are counted.
const TEXTS: usize = 1000;

/// Counts how often each text was logged.
#[derive(Debug, Default)]
pub(super) struct Limit {
    hasher: RandomState,
    counts: HashMap<u64, Count>,
}

#[derive(Debug)]
struct Count {
    since: Instant,
    times: usize,
}

impl Limit {
    /// Returns the message if it may be logged, together with the number of its repetitions that were
    /// held back.
    pub(super) fn pass(&mut self, mut message: LogMessage, now: Instant) -> Option<LogMessage> {
        let held_back = self.admit(&message, now)?;
        if held_back > 0 {
            let s = if held_back == 1 { "" } else { "s" };
            let _ = write!(message.msg, " (held back {held_back} repetition{s})");
        }
        Some(message)
    }

    /// Returns the number of repetitions that were held back, if the message may be logged.
    fn admit(&mut self, message: &LogMessage, now: Instant) -> Option<usize> {
        let text = self.hasher.hash_one((message.level, &message.emitter, &message.msg));
        if self.counts.len() >= TEXTS {
            self.counts.retain(|_, count| now - count.since < PERIOD);
        }
        if self.counts.len() >= TEXTS {
            self.counts.clear();
        }
        let count = self.counts.entry(text).or_insert(Count { since: now, times: 0 });
        let mut held_back = 0;
        if now - count.since >= PERIOD {
            held_back = count.times.saturating_sub(TIMES);
            *count = Count { since: now, times: 0 };
        }
        count.times += 1;
        (count.times <= TIMES).then_some(held_back)
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
            assert!(limit.counts.len() <= TEXTS);
        }
    }
}
