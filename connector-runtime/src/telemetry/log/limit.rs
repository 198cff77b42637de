//! The limits of the log: which messages of a connector are logged, and which are only counted.
//!
//! A message has a [`Place`] in the code. Each text of a place, each place of the runtime, and the whole
//! connector has a [`Rate`]. A message that exceeds one of them is held back. What a place has held back
//! is reported as one message after [`PERIOD`].

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use tokio::time::Instant;
use tracing::callsite::Identifier;

use crate::{
    telemetry::{
        counted,
        log::{entry::LogMessage, text},
    },
    time::Timestamp,
};

/// The same text of a place: 5 at once, then 5 per minute.
const TEXT: Rate = Rate { burst: 5, pause: Duration::from_secs(12) };

/// A place of the runtime from INFO on, whose messages may quote what others send: 20 at once, then 6
/// per minute.
const PLACE: Rate = Rate { burst: 20, pause: Duration::from_secs(10) };

/// All messages of a connector: 200 at once, then 50 per second.
const TOTAL: Rate = Rate { burst: 200, pause: Duration::from_millis(20) };

/// After this time, a place reports what it has held back.
pub(super) const PERIOD: Duration = Duration::from_mins(1);

/// The maximum numbers of places with a subject, and of texts, that are remembered.
const PLACES: usize = 1000;
const TEXTS: usize = 4096;

/// At most this often, places that have nothing to remember are forgotten.
const SWEEP: Duration = Duration::from_secs(1);

/// Where a message comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) callsite: Identifier,
    /// The span that is entered.
    pub(super) span: Option<Identifier>,
    /// The source or actuator that the message is about, so that a flood of one does not hide another.
    pub(super) subject: String,
    /// Whether the place is in the runtime, not in the code of the device part.
    pub(super) is_of_runtime: bool,
}

/// How many messages may be logged: `burst` at once, then one per `pause`.
struct Rate {
    burst: u32,
    pause: Duration,
}

/// The time until which the messages so far use up a rate of one per `pause`.
type UsedUntil = Instant;

impl Rate {
    /// Whether there is room for a message, and for `reserve` further ones.
    fn has_room(&self, used: UsedUntil, reserve: u32, now: Instant) -> bool {
        used.saturating_duration_since(now) <= self.pause * (self.burst - 1 - reserve)
    }

    fn take(&self, used: &mut UsedUntil, now: Instant) {
        *used = (*used).max(now) + self.pause;
    }
}

/// Decides about each message of a connector. Each decision takes constant time, amortized.
#[derive(Debug, Default)]
pub(super) struct Limit {
    hasher: RandomState,
    places: HashMap<Place, Tally>,
    texts: HashMap<u64, UsedUntil>,
    total: Option<UsedUntil>,
    swept: Option<Instant>,
    /// How many messages were held back so far.
    pub(super) held_back: u64,
}

/// The messages of a place.
#[derive(Debug)]
struct Tally {
    used: UsedUntil,
    held: Option<Held>,
}

/// The messages that a place has held back since its last report.
#[derive(Debug)]
struct Held {
    since: Instant,
    count: u64,
    last: LogMessage,
}

/// What happens to a message.
#[derive(Debug, PartialEq)]
pub(super) enum Decision {
    Log(LogMessage),
    /// It was counted. If it is the first one since the last report of its place, the next
    /// [`due`](Limit::due) time may have changed.
    HoldBack {
        is_first: bool,
    },
}

impl Limit {
    /// Decides about a message.
    pub(super) fn decide(&mut self, place: Place, message: LogMessage, now: Instant) -> Decision {
        let place = self.known(place, now);
        let text = self.hasher.hash_one((&place, &message.msg));
        let is_limited = place.is_of_runtime && message.level >= LogMessage::INFO;
        let reserve = reserve(is_limited, message.level);
        let tally = self.places.entry(place).or_insert(Tally { used: now, held: None });
        let total = self.total.get_or_insert(now);
        let has_room = self.texts.get(&text).is_none_or(|used| TEXT.has_room(*used, 0, now))
            && (!is_limited || PLACE.has_room(tally.used, 0, now))
            && TOTAL.has_room(*total, reserve, now);
        if !has_room {
            self.held_back += 1;
            return Decision::HoldBack { is_first: tally.hold_back(message, now) };
        }
        TOTAL.take(total, now);
        if is_limited {
            PLACE.take(&mut tally.used, now);
        }
        if self.texts.len() >= TEXTS {
            self.texts.retain(|_, used| *used > now);
        }
        TEXT.take(self.texts.entry(text).or_insert(now), now);
        Decision::Log(message)
    }

    /// When the next report is due.
    pub(super) fn due(&self) -> Option<Instant> {
        let held = self.places.values().filter_map(|tally| tally.held.as_ref());
        held.map(|held| held.since + PERIOD).min()
    }

    /// Takes the reports about places that have held back messages for this long or longer.
    pub(super) fn reports(&mut self, age: Duration, now: Instant) -> Vec<LogMessage> {
        let held = self.places.values_mut().filter_map(|tally| {
            let is_due = tally.held.as_ref().is_some_and(|held| now - held.since >= age);
            is_due.then(|| tally.held.take()).flatten()
        });
        let mut held: Vec<_> = held.collect();
        held.sort_by_key(|held| held.since);
        held.into_iter().map(|held| held.report(now)).collect()
    }

    /// The place itself, or that without a subject if there are too many.
    fn known(&mut self, mut place: Place, now: Instant) -> Place {
        if self.places.len() >= PLACES && !self.places.contains_key(&place) {
            if self.swept.is_none_or(|swept| now - swept >= SWEEP) {
                self.swept = Some(now);
                self.places.retain(|_, tally| tally.held.is_some() || tally.used > now);
            }
            if self.places.len() >= PLACES {
                place.subject.clear();
            }
        }
        place
    }
}

/// How much of the total rate is left for more important messages. A flood from the code of the device
/// part must hide neither its errors nor messages of the runtime.
fn reserve(is_limited: bool, level: u8) -> u32 {
    match (is_limited, level) {
        (true, _) => 0,
        (false, LogMessage::WARNING..) => TOTAL.burst / 4,
        (false, _) => TOTAL.burst / 2,
    }
}

impl Tally {
    /// Counts a message; true if it is the first one since the last report.
    fn hold_back(&mut self, message: LogMessage, now: Instant) -> bool {
        if let Some(held) = &mut self.held {
            held.count += 1;
            held.last = message;
            return false;
        }
        self.held = Some(Held { since: now, count: 1, last: message });
        true
    }
}

impl Held {
    fn report(self, now: Instant) -> LogMessage {
        let Self { since, count, last } = self;
        let (messages, seconds) = (counted(count, "similar message"), (now - since).as_secs());
        let msg = format!("held back {messages} in {seconds} s, the last one: {}", last.msg);
        LogMessage { timestamp: Timestamp::now(), msg: text::cut(msg), ..last }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use tracing_subscriber::prelude::*;

    use super::*;
    use crate::telemetry::{LogTopicLayer, log::Logs};

    /// The code of a device part.
    const DEVICE: &str = "device";

    /// What a connector logs.
    struct Bench {
        logs: Logs,
        _subscriber: tracing::subscriber::DefaultGuard,
    }

    impl Bench {
        fn new() -> Self {
            let subscriber = tracing_subscriber::registry().with(LogTopicLayer);
            let guard = tracing::subscriber::set_default(subscriber);
            Self { logs: Logs::new(true), _subscriber: guard }
        }

        fn logged(&self, log: impl FnOnce()) -> Vec<String> {
            self.logs.collect_sync(log);
            self.taken()
        }

        fn taken(&self) -> Vec<String> {
            self.logs.take().into_iter().map(|message| message.msg).collect()
        }

        fn remembered(&self) -> usize {
            let limit = self.logs.limit();
            limit.places.len() + limit.texts.len()
        }
    }

    fn reject(text: impl std::fmt::Display) {
        tracing::error!("rejected {text}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_repeated_text_is_held_back_and_reported_by_itself() {
        let bench = Bench::new();
        assert_eq!(bench.logged(|| (0..100).for_each(|_| reject("again"))).len(), 5);
        assert_eq!(bench.logged(|| reject("another")), ["rejected another"]);
        let reports = tokio::spawn(bench.logs.clone().report_held_back());
        tokio::time::sleep(Duration::from_millis(59_999)).await;
        assert_eq!(bench.taken(), [""; 0]);
        tokio::time::sleep(Duration::from_millis(2)).await;
        let report = "held back 95 similar messages in 60 s, the last one: rejected again";
        assert_eq!(bench.taken(), [report]);
        tokio::time::sleep(PERIOD * 2).await;
        assert_eq!(bench.taken(), [""; 0]);
        assert_eq!(bench.logs.lost().limit, 95);
        reports.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn distinct_texts_of_one_place_are_held_back_too() {
        let bench = Bench::new();
        let reports = tokio::spawn(bench.logs.clone().report_held_back());
        assert_eq!(bench.logged(|| (0..10_000).for_each(reject)).len(), 20);
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(bench.logged(|| (0..10_000).for_each(reject)), ["rejected 0"]);
        tokio::time::sleep(PERIOD).await;
        let report = "held back 19979 similar messages in 60 s, the last one: rejected 9999";
        assert_eq!(bench.taken(), [report]);
        reports.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_hides_neither_another_place_nor_another_subject_nor_another_level() {
        let bench = Bench::new();
        let fail = |subject: &str, text: &dyn std::fmt::Display| {
            tracing::error!(limit.subject = subject, "`{subject}` failed: {text}");
        };
        let flood = || (0..1000).for_each(|i| fail("a", &i));
        assert_eq!(bench.logged(flood).len(), 20);
        assert_eq!(bench.logged(|| fail("b", &"first")), ["`b` failed: first"]);
        assert_eq!(bench.logged(|| tracing::error!("other")), ["other"]);
        let device = || (0..1000).for_each(|i| tracing::info!(target: DEVICE, "row {i}"));
        let debug = || (0..1000).for_each(|i| tracing::debug!("received {i}"));
        assert!(bench.logged(device).len() < 100);
        assert_eq!(bench.logged(debug), [""; 0]);
        assert_eq!(bench.logged(|| tracing::warn!(target: DEVICE, "bad")), ["bad"]);
        assert_eq!(bench.logged(|| reject("a command")), ["rejected a command"]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_device_part_may_log_50_different_lines_per_second() {
        let bench = Bench::new();
        let mut logged = VecDeque::new();
        for i in 0..60_000 {
            logged.extend(bench.logged(|| tracing::info!(target: DEVICE, "row {i}")));
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert!((3000..=3100).contains(&logged.len()), "{}", logged.len());
    }

    #[tokio::test(start_paused = true)]
    async fn a_limited_number_of_places_and_texts_is_remembered() {
        let bench = Bench::new();
        for i in 0..100_000 {
            let subject = i.to_string();
            bench.logged(|| tracing::error!(limit.subject = &*subject, "{subject}"));
            bench.logged(|| tracing::info!(target: DEVICE, "{subject}"));
            tokio::time::advance(Duration::from_millis(5)).await;
            assert!(bench.remembered() <= PLACES + 2 + TEXTS, "{}", bench.remembered());
        }
    }
}
