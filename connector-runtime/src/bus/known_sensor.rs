//! A known sensor: its last value, and the topic of its values.

use std::{cell::Cell, collections::HashSet, sync::Arc};

use crate::time::Timestamp;

/// A sensor that was declared, or has occurred in a message.
#[derive(Debug)]
pub(crate) struct KnownSensor {
    pub(super) key: Arc<str>,
    /// Its last value as JSON text, and the time of that. Before the first value: an example, which
    /// must never be published as a value.
    pub(crate) json: Vec<u8>,
    pub(crate) timestamp: Option<Timestamp>,
    /// The topic of its values, if it is selected.
    pub(crate) topic: Option<Arc<str>>,
    /// The last topic of its values, and the number of the message whose value is retained there.
    /// Timestamps do not suffice, because two messages may have the same one.
    pub(super) last_topic: Option<Arc<str>>,
    pub(super) published: Cell<Option<u64>>,
    pub(super) message: u64,
    pub(super) depth: usize,
    /// The sensor after it in the last message, because messages often have the same order.
    pub(super) next: usize,
    pub(super) logged_non_finite: bool,
    pub(super) logged_collision: bool,
}

impl KnownSensor {
    /// Creates a sensor without a value.
    pub(super) fn new(key: Arc<str>, topic: Option<Arc<str>>, next: usize) -> Self {
        Self {
            key,
            json: Vec::new(),
            timestamp: None,
            last_topic: topic.clone(),
            topic,
            published: Cell::new(None),
            message: 0,
            depth: 0,
            next,
            logged_non_finite: false,
            logged_collision: false,
        }
    }

    /// Returns whether its last value is still to be published to its topic.
    pub(super) fn is_unpublished(&self) -> bool {
        self.topic.is_some()
            && self.timestamp.is_some()
            && self.published.get() != Some(self.message)
    }

    /// Marks its last value as published to its topic.
    pub(crate) fn mark_published(&self) {
        self.published.set(Some(self.message));
    }

    /// Forgets its last value; returns the number of bytes that this frees.
    pub(super) fn forget_value(&mut self) -> usize {
        self.timestamp = None;
        std::mem::take(&mut self.json).len()
    }

    /// Selects a topic, or none. Returns the topic if it differs from the last one.
    pub(super) fn select(&mut self, topic: Option<&Arc<str>>) -> Option<Arc<str>> {
        if self.topic.as_ref() != topic {
            self.topic = topic.cloned();
        }
        if topic.is_none() || self.last_topic.as_ref() == topic {
            return None;
        }
        self.last_topic = topic.cloned();
        self.published.set(None);
        self.last_topic.clone()
    }

    /// Forgets the last topic if another sensor has taken it, so that the value is no longer
    /// retained there.
    pub(super) fn forget_taken_topic(&mut self, taken: &HashSet<Arc<str>>) {
        if self.topic.is_none()
            && self.last_topic.as_ref().is_some_and(|last_topic| taken.contains(last_topic))
        {
            self.last_topic = None;
            self.published.set(None);
        }
    }

    pub(super) fn log_collision(&mut self) {
        if !std::mem::replace(&mut self.logged_collision, true) {
            tracing::warn!(
                "two readings of one message have the key `{}`: the more deeply nested one is used, or the later one at equal depth",
                self.key
            );
        }
    }

    pub(super) fn log_non_finite(&mut self) {
        if !std::mem::replace(&mut self.logged_non_finite, true) {
            tracing::warn!("`{}` is not a finite number: published as null", self.key);
        }
    }
}
