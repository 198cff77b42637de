//! Stored raw messages that wait to be reprocessed.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::telemetry::counted;

/// The limits of waiting messages; further ones are dropped.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 16 << 20;

/// The maximum size of one message: no larger raw message is published.
const LARGEST: usize = 4 << 20;

/// The queue of raw messages to reprocess.
#[derive(Debug, Default)]
pub(crate) struct ReprocessQueue {
    queue: Mutex<Queue>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Bytes>,
    bytes: usize,
    dropped: u64,
}

impl ReprocessQueue {
    /// Adds a message, unless too many wait. A retained one is ignored, because the broker would
    /// send it again for each connection.
    pub(crate) fn offer(&self, message: &[u8], is_retained: bool) {
        if is_retained {
            tracing::warn!(
                "ignored a retained raw message to reprocess: publish it without `retain`"
            );
            return;
        }
        let mut queue = self.queue();
        let is_full = queue.messages.len() >= MOST || queue.bytes + message.len() > MOST_BYTES;
        if is_full || message.len() > LARGEST {
            queue.dropped += 1;
            return;
        }
        queue.bytes += message.len();
        queue.messages.push_back(Bytes::copy_from_slice(message));
        self.changed.notify_one();
    }

    pub(crate) async fn next(&self) -> Bytes {
        loop {
            if let Some(message) = self.take() {
                return message;
            }
            self.changed.notified().await;
        }
    }

    fn take(&self) -> Option<Bytes> {
        let mut queue = self.queue();
        let message = queue.messages.pop_front()?;
        queue.bytes -= message.len();
        Some(message)
    }

    /// Logs and returns how many messages were dropped since the last call.
    pub(crate) fn log_dropped(&self) -> u64 {
        let dropped = std::mem::take(&mut self.queue().dropped);
        if dropped > 0 {
            tracing::error!(
                "dropped {} to reprocess: at most {MOST} messages, or {MOST_BYTES} bytes, can wait, and one has at most {LARGEST} bytes; publish them more slowly",
                counted(dropped, "raw message")
            );
        }
        dropped
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
