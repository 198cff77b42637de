//! Publishing at the pace that the connection and the time allow: last values, announcements, and the
//! effects of datapoint maps.

use std::sync::Arc;

use crate::{
    bus::{last_values::publish_values, protocol::Protocol},
    mqtt::codec::QoS,
    outbox::{MessageKind, Publish},
    time::Instant,
};

/// The maximum size of all example values of an announcement together; longer ones are replaced by null.
const EXAMPLES: usize = 1 << 20;

/// The same for a broker that rejects large messages, for each of them.
const SHORT_EXAMPLE: usize = 100;

/// The cost of an announcement in addition to its bytes.
const ANNOUNCEMENT_COST: usize = 1 << 20;

impl Protocol {
    /// Reports the present time, and that messages may have left the outbox: publishes what had to wait.
    pub(crate) fn proceed(&mut self, now: Instant) {
        if let Some(map) = self.maps.recover(now) {
            self.new_map(&map);
        }
        if self.announcements.recover(now).is_some() {
            self.announce();
        }
        self.refill();
    }

    /// Returns when [`proceed`](Self::proceed) has something to do, if time alone decides that.
    pub(crate) fn due_at(&self) -> Option<Instant> {
        let announcement = self.announcements.due_at().filter(|_| !self.is_announcement_waiting());
        self.maps.due_at().into_iter().chain(announcement).min()
    }

    fn is_announcement_waiting(&self) -> bool {
        self.outbox.has_passing(&self.topics.available_datapoints)
    }

    /// Publishes the last value of each sensor, unless a retained message already waits for its
    /// topic.
    pub(super) fn publish_last_values(&mut self) {
        self.has_gaps = false;
        let to_be_retained = self.outbox.waiting().filter(|publish| publish.retain);
        let queued = to_be_retained.map(|publish| Arc::clone(&publish.topic)).collect();
        self.registry.forget_published(&queued);
        self.refill();
    }

    /// Publishes last values, as many as there is room for: they must not displace new ones.
    pub(super) fn refill(&mut self) {
        if !self.is_online || self.is_leaving {
            return;
        }
        while let Some(room) = self.outbox.room_for_last_values()
            && let Some(sensors) = self.registry.next_unpublished(room)
        {
            let count = publish_values(&mut self.outbox, sensors, self.value_qos);
            self.metrics.values.inc_by(count);
        }
    }

    /// Publishes the announcement, or later: if there were too many of late, or while the last one is
    /// waiting, as it would lose its place in the queue.
    pub(super) fn announce(&mut self) {
        if !self.is_online {
            return;
        }
        if self.is_announcement_waiting() {
            self.announcements.postpone(());
        } else if self.announcements.demand(|| ())
            && let Some(announcement) = self.announcement()
        {
            self.outbox.push(announcement);
        }
    }

    /// Returns the announcement, if there are known datapoints and the broker accepts its size.
    pub(super) fn announcement(&mut self) -> Option<Publish> {
        if self.registry.is_empty() {
            return None;
        }
        let topic = Arc::clone(&self.topics.available_datapoints);
        let longest = self.registry.longest_example(EXAMPLES);
        let mut payload = self.registry.announcement(longest);
        self.announcements.spend(payload.len() + ANNOUNCEMENT_COST);
        if !self.outbox.poison.allows_announcement(payload.len()) {
            payload = self.registry.announcement(longest.min(SHORT_EXAMPLE));
        }
        if !self.outbox.poison.allows_announcement(payload.len()) {
            tracing::error!(
                "cannot announce the datapoints: the broker disconnects on a message of {} bytes",
                payload.len()
            );
            return None;
        }
        let (payload, qos, retain) = (payload.into(), QoS::AtLeastOnce, true);
        Some(Publish { topic, payload, qos, retain, kind: MessageKind::Passing, seq: 0 })
    }
}
