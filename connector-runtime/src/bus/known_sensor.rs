//! A sensor that is known: its last value, and where that goes.

use std::{cell::Cell, collections::HashSet, sync::Arc};

use crate::time::Timestamp;

/// A known sensor datapoint.
#[derive(Debug)]
pub(crate) struct KnownSensor {
    pub(super) key: Arc<str>,
    /// Its last value as JSON text, and when that was received. Before the first value: an example,
    /// which is never to be published as a value.
    pub(crate) json: Vec<u8>,
    pub(crate) timestamp: Option<Timestamp>,
    /// Where its values go, if it is selected.
    pub(crate) topic: Option<Arc<str>>,
    /// Where they went last, and of which message the last one is that is retained there. The time does
    /// not tell: two messages may have the same.
    pub(super) home: Option<Arc<str>>,
    pub(super) said: Cell<Option<u64>>,
    pub(super) message: u64,
    pub(super) depth: usize,
    /// Which sensor came after it in the last message: devices repeat themselves.
    pub(super) next: usize,
    pub(super) told_non_finite: bool,
    pub(super) told_collision: bool,
}

impl KnownSensor {
    /// A sensor without a value yet.
    pub(super) fn new(key: Arc<str>, topic: Option<Arc<str>>, next: usize) -> Self {
        Self {
            key,
            json: Vec::new(),
            timestamp: None,
            home: topic.clone(),
            topic,
            said: Cell::new(None),
            message: 0,
            depth: 0,
            next,
            told_non_finite: false,
            told_collision: false,
        }
    }

    /// Its last value goes to its topic now.
    pub(crate) fn is_said(&self) {
        self.said.set(Some(self.message));
    }

    /// Gives the topic, if it is another one than before.
    pub(super) fn select(&mut self, topic: Option<&Arc<str>>) -> Option<Arc<str>> {
        if self.topic.as_ref() != topic {
            self.topic = topic.cloned();
        }
        if topic.is_none() || self.home.as_ref() == topic {
            return None;
        }
        self.home = topic.cloned();
        self.said.set(None);
        self.home.clone()
    }

    /// What was said on a topic that others have now is not retained there any more.
    pub(super) fn leave_home_to(&mut self, taken: &HashSet<Arc<str>>) {
        if self.topic.is_none() && self.home.as_ref().is_some_and(|home| taken.contains(home)) {
            self.home = None;
            self.said.set(None);
        }
    }

    pub(super) fn tell_collision(&mut self) {
        if !std::mem::replace(&mut self.told_collision, true) {
            tracing::warn!(
                "two readings of one message have the key `{}`: the one that is nested deeper is used, or else the later one",
                self.key
            );
        }
    }

    pub(super) fn tell_non_finite(&mut self) {
        if !std::mem::replace(&mut self.told_non_finite, true) {
            tracing::warn!("`{}` is not a finite number: it is published as null", self.key);
        }
    }
}
