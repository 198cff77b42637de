//! Whether the connector is there, for others to see, and whether another one has its name.
//!
//! `{name}/status` says `online` or `offline`, retained, in plain text as Home Assistant and its like
//! expect it. The broker itself says `offline` (the last will) when the connection breaks.

use std::{collections::VecDeque, sync::Arc};

use serde::Deserialize;

use crate::time::Timestamp;

/// What is said on the status topic.
pub(crate) const ONLINE: &str = "online";
pub(crate) const OFFLINE: &str = "offline";

/// How many of our heartbeats may be on their way back to us.
const REMEMBERED: usize = 8;

/// What others and we ourselves said of a connector of this name.
#[derive(Debug)]
pub(crate) struct Presence {
    topic: Arc<str>,
    /// Our last heartbeats: the broker sends them back to us.
    own: VecDeque<Timestamp>,
    /// Until when the other one lives, as it said itself.
    other_until: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Beat {
    this_heartbeats_timestamp: i64,
    next_heartbeats_timestamp: i64,
}

impl Presence {
    /// For a connector whose heartbeats go to this topic.
    pub(crate) fn new(topic: Arc<str>) -> Self {
        Self { topic, own: VecDeque::with_capacity(REMEMBERED), other_until: None }
    }

    /// We have said that we live.
    pub(crate) fn said(&mut self, now: Timestamp) {
        if self.own.len() == REMEMBERED {
            self.own.pop_front();
        }
        self.own.push_back(now);
        if self.other_until.is_some_and(|until| until < now) {
            self.other_until = None;
            tracing::info!("this is again the only connector that writes to `{}`", self.topic);
        }
    }

    /// A heartbeat came: another one's, unless we have sent it.
    pub(crate) fn heard(&mut self, payload: &[u8]) {
        let Ok(beat) = serde_json::from_slice::<Beat>(payload) else { return };
        let (this, next) = (beat.this_heartbeats_timestamp, beat.next_heartbeats_timestamp);
        if self.own.contains(&Timestamp::from_millis(this)) {
            return;
        }
        // One heartbeat may be late before we believe that the other one is gone.
        let until = next.saturating_add(next.saturating_sub(this));
        if self.other_until.replace(Timestamp::from_millis(until)).is_none() {
            tracing::warn!(
                "not alone: another connector writes to `{}`. While both run, each value is published and each command is run twice; if this is no update in progress, set another CONNECTOR_NAME for one of them",
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
    fn another_one_is_who_sends_heartbeats_that_are_not_ours() {
        let mut presence = Presence::new("demo/heartbeat".into());
        for millis in 0..20 {
            presence.said(Timestamp::from_millis(millis));
        }
        for millis in 12..20 {
            presence.heard(beat(millis).as_bytes());
        }
        for payload in ["", "{}", "[]", "\u{0}"] {
            presence.heard(payload.as_bytes());
        }
        assert_eq!(presence.other_until, None);
        presence.heard(beat(25).as_bytes());
        assert_eq!(presence.other_until, Some(Timestamp::from_millis(60_025)));
        presence.said(Timestamp::from_millis(60_025));
        assert!(presence.other_until.is_some());
        presence.said(Timestamp::from_millis(60_026));
        assert_eq!(presence.other_until, None);
    }

    #[test]
    fn times_at_the_ends_of_what_can_be_said_do_no_harm() {
        let mut presence = Presence::new("demo/heartbeat".into());
        for (this, next) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (i64::MAX, i64::MAX)] {
            let payload = format!(
                r#"{{"this_heartbeats_timestamp":{this},"next_heartbeats_timestamp":{next}}}"#
            );
            presence.heard(payload.as_bytes());
            presence.said(Timestamp::from_millis(0));
        }
    }
}
