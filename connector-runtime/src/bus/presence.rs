//! Presence: the status of the connector, and the detection of another one with the same name.
//!
//! `{name}/status` contains `online` or `offline`, retained, in plain text as Home Assistant and
//! similar programs expect it. If the connection breaks, the broker publishes `offline` (the last
//! will).

use std::{collections::VecDeque, sync::Arc};

use serde::Deserialize;

use crate::time::Timestamp;

/// The payloads of the status topic.
pub(crate) const ONLINE: &str = "online";
pub(crate) const OFFLINE: &str = "offline";

/// The maximum number of the connector's heartbeats that may be on their way back to it: with a heartbeat each second,
/// those of a quarter of an hour.
const REMEMBERED: usize = 1000;

/// The number of heartbeats that are remembered after a newer one has returned: one that was not acknowledged before
/// a connection broke is sent again later.
const REPEATED: usize = 8;

/// The heartbeats of this connector, and of another one with the same name.
#[derive(Debug)]
pub(crate) struct Presence {
    topic: Arc<str>,
    /// The timestamps of this connector's heartbeats that the broker has not sent back yet, after a few that it has.
    own: VecDeque<Timestamp>,
    /// Until when the other connector counts as alive, by its last heartbeat.
    other_until: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Beat {
    this_heartbeats_timestamp: i64,
    next_heartbeats_timestamp: i64,
}

impl Presence {
    /// Creates the presence of a connector with this heartbeat topic.
    pub(crate) fn new(topic: Arc<str>) -> Self {
        Self { topic, own: VecDeque::new(), other_until: None }
    }

    /// Reports a heartbeat that this connector has sent.
    pub(crate) fn sent(&mut self, now: Timestamp) {
        if self.own.len() == REMEMBERED {
            self.own.pop_front();
        }
        self.own.push_back(now);
        if self.other_until.is_some_and(|until| until < now) {
            self.other_until = None;
            tracing::info!("no other connector publishes to `{}` any more", self.topic);
        }
    }

    /// Handles a heartbeat from the broker: another connector's, unless this one has sent it.
    pub(crate) fn received(&mut self, payload: &[u8]) {
        let Ok(beat) = serde_json::from_slice::<Beat>(payload) else { return };
        let (this, next) = (beat.this_heartbeats_timestamp, beat.next_heartbeats_timestamp);
        // The oldest one: after the clock was set back, a timestamp may be there twice.
        if let Some(index) = self.own.iter().position(|own| own.as_millis() == this) {
            self.own.drain(..index.saturating_sub(REPEATED));
            return;
        }
        // One heartbeat may be late before the other connector counts as gone.
        let until = next.saturating_add(next.saturating_sub(this));
        if self.other_until.replace(Timestamp::from_millis(until)).is_none() {
            tracing::warn!(
                "another connector publishes to `{}`. While both run, each value is published and each command is executed twice: unless an update is in progress, set a different CONNECTOR_NAME for one of them",
                self.topic
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(millis: i64) -> String {
        let next = millis + 30_000;
        format!(r#"{{"this_heartbeats_timestamp":{millis},"next_heartbeats_timestamp":{next}}}"#)
    }

    #[test]
    fn heartbeats_of_another_connector_are_detected() {
        let mut presence = Presence::new("demo/heartbeat".into());
        for millis in 0..20 {
            presence.sent(Timestamp::from_millis(millis));
        }
        for millis in 12..20 {
            presence.received(beat(millis).as_bytes());
        }
        for payload in ["", "{}", "[]", "\u{0}"] {
            presence.received(payload.as_bytes());
        }
        assert_eq!(presence.other_until, None);
        presence.received(beat(25).as_bytes());
        assert_eq!(presence.other_until, Some(Timestamp::from_millis(60_025)));
        presence.sent(Timestamp::from_millis(60_025));
        assert!(presence.other_until.is_some());
        presence.sent(Timestamp::from_millis(60_026));
        assert_eq!(presence.other_until, None);
    }

    #[test]
    fn late_heartbeats_are_not_those_of_another_connector() {
        let mut presence = Presence::new("demo/heartbeat".into());
        for millis in 0..1500 {
            presence.sent(Timestamp::from_millis(millis));
        }
        for millis in 500..1500 {
            presence.received(beat(millis).as_bytes());
            // Twice, as after a broken connection.
            presence.received(beat(millis).as_bytes());
        }
        assert_eq!((presence.other_until, presence.own.len()), (None, REPEATED + 1));
    }

    #[test]
    fn heartbeats_after_the_clock_was_set_are_not_those_of_another_connector() {
        let mut presence = Presence::new("demo/heartbeat".into());
        let back_twice = || (0..100).chain(50..150).chain([1_000_000]).chain(20..120);
        for millis in back_twice() {
            presence.sent(Timestamp::from_millis(millis));
        }
        for millis in back_twice() {
            presence.received(beat(millis).as_bytes());
        }
        assert_eq!(presence.other_until, None);
        presence.received(beat(5000).as_bytes());
        assert!(presence.other_until.is_some());
    }

    #[test]
    fn timestamps_at_the_ends_of_their_range_are_supported() {
        let mut presence = Presence::new("demo/heartbeat".into());
        for (this, next) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (i64::MAX, i64::MAX)] {
            let payload = format!(
                r#"{{"this_heartbeats_timestamp":{this},"next_heartbeats_timestamp":{next}}}"#
            );
            presence.received(payload.as_bytes());
            presence.sent(Timestamp::from_millis(0));
        }
    }
}
