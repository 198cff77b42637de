//! What is to be published, in order, until the broker has acknowledged it.
//!
//! The outbox, not the MQTT client, is the truth: a message leaves it for a link, and comes back to
//! its front when the link breaks before the acknowledgement.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use rumqttc::QoS;

use crate::quarantine::Quarantine;

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
    /// A value or a log message: kept in order; dropped when there is no raw message left to drop.
    Value,
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
    /// Raw messages that are held back.
    held: Option<VecDeque<Publish>>,
    bytes: usize,
    held_bytes: usize,
    /// How many of those that wait are raw messages.
    raws: usize,
    limit: usize,
    dropped: u64,
    pub(crate) quarantine: Quarantine,
}

impl Outbox {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            held: None,
            bytes: 0,
            held_bytes: 0,
            raws: 0,
            limit,
            dropped: 0,
            quarantine: Quarantine::default(),
        }
    }

    pub(crate) fn push(&mut self, publish: Publish) {
        if publish.cost() > self.limit || !self.quarantine.allows(publish.payload.len()) {
            let Publish { topic, payload, .. } = publish;
            tracing::error!("a message of {} bytes for `{topic}` is too large", payload.len());
            return;
        }
        self.count_in(&publish);
        self.waiting.push_back(publish);
        while self.bytes() > self.limit {
            self.drop_one();
        }
    }

    /// Puts a message before all others.
    pub(crate) fn push_first(&mut self, publish: Publish) {
        self.count_in(&publish);
        self.waiting.push_front(publish);
    }

    /// The oldest message; it belongs to the link now.
    pub(crate) fn pop(&mut self) -> Option<Publish> {
        self.set_aside();
        let publish = self.waiting.pop_front()?;
        self.count_out(&publish);
        Some(publish)
    }

    /// The QoS of the message that [`pop`](Self::pop) would give.
    pub(crate) fn next_qos(&mut self) -> Option<QoS> {
        self.set_aside();
        self.waiting.front().map(|publish| publish.qos)
    }

    /// Lets no raw message out until [`release_raw`](Self::release_raw), if some are waiting.
    ///
    /// They are not retained: who is not connected does not get them. After an outage of the broker
    /// the raw message data base needs some seconds more than we do to be back.
    pub(crate) fn hold_raw(&mut self) {
        if self.waiting.iter().any(|publish| publish.kind == Kind::Raw) {
            self.held = Some(VecDeque::new());
        }
    }

    /// Lets raw messages out again, those that were held back first.
    pub(crate) fn release_raw(&mut self) {
        self.held_bytes = 0;
        for publish in self.held.take().into_iter().flatten().rev() {
            self.count_in(&publish);
            self.waiting.push_front(publish);
        }
    }

    fn set_aside(&mut self) {
        let Some(mut held) = self.held.take() else { return };
        while self.waiting.front().is_some_and(|publish| publish.kind == Kind::Raw)
            && let Some(raw) = self.waiting.pop_front()
        {
            self.count_out(&raw);
            self.held_bytes += raw.cost();
            held.push_back(raw);
        }
        self.held = Some(held);
    }

    /// Takes back, in their order, what a broken link did not deliver.
    pub(crate) fn give_back(&mut self, undelivered: impl DoubleEndedIterator<Item = Publish>) {
        self.release_raw();
        for publish in undelivered.rev() {
            self.count_in(&publish);
            self.waiting.push_front(publish);
        }
        self.waiting.retain(|publish| {
            let keep = publish.kind != Kind::Passing;
            self.bytes -= if keep { 0 } else { publish.cost() };
            keep
        });
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes + self.held_bytes
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
        self.dropped += 1;
        if let Some(raw) = self.held.as_mut().and_then(VecDeque::pop_front) {
            self.held_bytes -= raw.cost();
            return;
        }
        let oldest_raw = match self.raws {
            0 => None,
            _ => self.waiting.iter().position(|publish| publish.kind == Kind::Raw),
        };
        if let Some(publish) = self.waiting.remove(oldest_raw.unwrap_or(0)) {
            self.count_out(&publish);
        }
    }

    fn count_in(&mut self, publish: &Publish) {
        self.bytes += publish.cost();
        self.raws += usize::from(publish.kind == Kind::Raw);
    }

    fn count_out(&mut self, publish: &Publish) {
        self.bytes -= publish.cost();
        self.raws -= usize::from(publish.kind == Kind::Raw);
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
    fn raw_messages_can_be_held_back_while_others_pass() {
        let mut outbox = Outbox::new(publish("", Kind::Raw).cost() * 4);
        let say = |outbox: &mut Outbox, text, kind| outbox.push(publish(text, kind));
        outbox.hold_raw();
        say(&mut outbox, "raw 1", Kind::Raw);
        assert_eq!(outbox.next_qos(), Some(QoS::AtLeastOnce), "none was waiting");
        outbox.hold_raw();
        for (text, kind) in [("value", Kind::Value), ("raw 2", Kind::Raw), ("raw 3", Kind::Raw)] {
            say(&mut outbox, text, kind);
        }
        assert_eq!(&*outbox.pop().unwrap().topic, "value");
        assert_eq!(outbox.pop(), None);
        say(&mut outbox, "raw 4", Kind::Raw);
        say(&mut outbox, "raw 5", Kind::Raw);
        assert_eq!(outbox.take_dropped(), 1);
        outbox.release_raw();
        assert_eq!(topics(&outbox), ["raw 2", "raw 3", "raw 4", "raw 5"]);
    }

    #[test]
    fn a_message_that_never_fits_does_not_push_out_others() {
        let mut outbox = Outbox::new(publish("", Kind::Value).cost());
        outbox.push(publish("small", Kind::Value));
        let payload = Bytes::from(vec![0; 2000]);
        outbox.push(Publish { payload, ..publish("large", Kind::Raw) });
        assert_eq!(topics(&outbox), ["small"]);
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
