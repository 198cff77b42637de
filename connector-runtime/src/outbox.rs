//! What is to be published, in order, until the broker has acknowledged it.
//!
//! The outbox, not the MQTT client, is the truth: a message leaves it for a link, and comes back to
//! its front when the link breaks before the acknowledgement.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use rumqttc::QoS;

/// How many bytes wait here at most, by [`Publish::cost`].
pub(crate) const LIMIT: usize = 16 << 20;

/// A message on its way to the broker.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Publish {
    pub(crate) topic: Arc<str>,
    pub(crate) payload: Bytes,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    pub(crate) kind: Kind,
}

/// What becomes of a message while there is no link, and which is dropped first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Said anew on each link: not kept.
    Passing,
    /// A raw message: kept in order, the oldest dropped first.
    Raw,
    /// A value: kept in order; dropped when there is no raw message left to drop.
    Value,
    /// A log message; as a value.
    Log,
}

impl Publish {
    /// Its bytes, and about what it takes to keep them.
    fn cost(&self) -> usize {
        self.payload.len() + size_of::<Self>()
    }
}

/// The queue to the broker.
#[derive(Debug)]
pub(crate) struct Outbox {
    waiting: VecDeque<Publish>,
    bytes: usize,
    limit: usize,
    dropped: u64,
}

impl Outbox {
    pub(crate) fn new(limit: usize) -> Self {
        Self { waiting: VecDeque::new(), bytes: 0, limit, dropped: 0 }
    }

    pub(crate) fn push(&mut self, publish: Publish) {
        if publish.cost() > self.limit {
            let Publish { topic, payload, .. } = publish;
            tracing::error!("a message of {} bytes for `{topic}` is too large", payload.len());
            self.dropped += 1;
            return;
        }
        self.bytes += publish.cost();
        self.waiting.push_back(publish);
        while self.bytes > self.limit {
            self.drop_one();
        }
    }

    /// Puts a message before all others.
    pub(crate) fn push_first(&mut self, publish: Publish) {
        self.bytes += publish.cost();
        self.waiting.push_front(publish);
    }

    /// The oldest message; it belongs to the link now.
    pub(crate) fn pop(&mut self) -> Option<Publish> {
        let publish = self.waiting.pop_front()?;
        self.bytes -= publish.cost();
        Some(publish)
    }

    /// The QoS of the message that [`pop`](Self::pop) would give.
    pub(crate) fn next_qos(&self) -> Option<QoS> {
        self.waiting.front().map(|publish| publish.qos)
    }

    /// Takes back, in their order, what a broken link did not deliver.
    pub(crate) fn give_back(&mut self, undelivered: impl DoubleEndedIterator<Item = Publish>) {
        for publish in undelivered.rev() {
            self.bytes += publish.cost();
            self.waiting.push_front(publish);
        }
        self.waiting.retain(|publish| {
            let keep = publish.kind != Kind::Passing;
            self.bytes -= if keep { 0 } else { publish.cost() };
            keep
        });
    }

    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Publish> {
        self.waiting.iter()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether those that fill it should wait for the broker.
    pub(crate) fn is_crowded(&self) -> bool {
        self.bytes > self.limit / 4
    }

    /// How many messages were dropped since this was last asked.
    pub(crate) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    fn drop_one(&mut self) {
        let oldest_raw = self.waiting.iter().position(|publish| publish.kind == Kind::Raw);
        if let Some(publish) = self.waiting.remove(oldest_raw.unwrap_or(0)) {
            self.bytes -= publish.cost();
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(text: &'static str, kind: Kind) -> Publish {
        let (topic, payload) = (text.into(), Bytes::from_static(&[0; 1000]));
        Publish { topic, payload, qos: QoS::AtLeastOnce, retain: false, kind }
    }

    fn topics(outbox: &Outbox) -> Vec<&str> {
        outbox.waiting().map(|publish| &*publish.topic).collect()
    }

    #[test]
    fn what_was_not_delivered_comes_first_again() {
        let mut outbox = Outbox::new(LIMIT);
        for text in ["a", "b", "c"] {
            outbox.push(publish(text, Kind::Value));
        }
        let sent: Vec<_> = [outbox.pop(), outbox.pop()].into_iter().flatten().collect();
        outbox.push(publish("d", Kind::Value));
        outbox.give_back(sent.into_iter());
        assert_eq!(topics(&outbox), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_broken_link_forgets_what_is_said_anew() {
        let mut outbox = Outbox::new(LIMIT);
        outbox.push(publish("heartbeat", Kind::Passing));
        outbox.push(publish("value", Kind::Value));
        let cost = publish("value", Kind::Value).cost();
        outbox.give_back([publish("announcement", Kind::Passing)].into_iter());
        assert_eq!(topics(&outbox), ["value"]);
        assert_eq!(outbox.bytes, cost);
    }

    #[test]
    fn a_message_that_never_fits_does_not_push_out_others() {
        let mut outbox = Outbox::new(publish("", Kind::Value).cost());
        outbox.push(publish("small", Kind::Value));
        let payload = Bytes::from(vec![0; 2000]);
        outbox.push(Publish { payload, ..publish("large", Kind::Raw) });
        assert_eq!(topics(&outbox), ["small"]);
        assert_eq!(outbox.take_dropped(), 1);
    }

    #[test]
    fn a_full_outbox_drops_the_oldest_raw_message_first() {
        let mut outbox = Outbox::new(publish("", Kind::Raw).cost() * 3);
        for (text, kind) in [
            ("value 1", Kind::Value),
            ("raw 1", Kind::Raw),
            ("raw 2", Kind::Raw),
            ("value 2", Kind::Value),
        ] {
            outbox.push(publish(text, kind));
        }
        assert_eq!(topics(&outbox), ["value 1", "raw 2", "value 2"]);
        outbox.push(publish("value 3", Kind::Value));
        outbox.push(publish("value 4", Kind::Value));
        assert_eq!(topics(&outbox), ["value 2", "value 3", "value 4"]);
        assert_eq!(outbox.take_dropped(), 3);
        assert_eq!(outbox.take_dropped(), 0);
    }
}
