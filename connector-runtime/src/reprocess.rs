//! Raw messages of the past that come back over the bus, to be parsed and published once more.
//!
//! BEMCom keeps what `{name}/raw_message_to_db` carried. On `{name}/raw_message_reprocess` it may send
//! that again, for example once a fault in `parse` is mended. The values keep their own timestamps, and
//! what is newer stays the last value of its sensor.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Context;
use bytes::Bytes;
use tokio::{sync::Notify, time::timeout};

use crate::{
    Connector, RawMessage, Result, calls::Call, device::Device, flatten::FlatReadings,
    source::read, stored::Stored, trouble::Trouble,
};

/// What waits at most; more is dropped.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 16 << 20;

/// For so long none has come when they are at an end.
const REST: Duration = Duration::from_secs(1);

/// The raw messages that wait to be processed again.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    queue: Mutex<Queue>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Bytes>,
    bytes: usize,
    dropped: u64,
}

impl Waiting {
    /// Takes a message, unless too many wait already. One that the broker retained would come again
    /// with each connection.
    pub(crate) fn offer(&self, message: &[u8], is_retained: bool) {
        if is_retained {
            tracing::warn!(
                "a retained raw message is not processed again: send it without `retain`"
            );
            return;
        }
        let mut queue = self.queue();
        if queue.messages.len() >= MOST || queue.bytes + message.len() > MOST_BYTES {
            queue.dropped += 1;
            return;
        }
        queue.bytes += message.len();
        queue.messages.push_back(Bytes::copy_from_slice(message));
        self.changed.notify_one();
    }

    async fn next(&self) -> Bytes {
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

    fn tell_dropped(&self) {
        let dropped = std::mem::take(&mut self.queue().dropped);
        if dropped > 0 {
            tracing::error!(
                "{dropped} raw messages are not processed again: no more than {MOST} of them, or {MOST_BYTES} bytes, can wait; send them more slowly"
            );
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Processes such messages for as long as the connector runs.
pub(crate) async fn run<C: Connector>(device: Arc<Device<C>>) {
    let shared = Arc::clone(&device.shared);
    let parse = shared.calls.add("parse", "parse of an earlier message", None);
    let mut again = Again { device, parse, flat: FlatReadings::default() };
    loop {
        let mut message = Some(shared.to_reprocess.next().await);
        let mut trouble = Trouble::new("a raw message cannot be processed again".to_owned());
        let (mut all, mut done) = (0_u64, 0_u64);
        while let Some(payload) = message {
            all += 1;
            match again.process(&payload) {
                Ok(()) => done += 1,
                Err(error) => trouble.note(&error),
            }
            shared.has_room().await;
            message = timeout(REST, shared.to_reprocess.next()).await.ok();
        }
        tracing::info!("raw messages were processed again: {done} of {all}");
        shared.to_reprocess.tell_dropped();
    }
}

/// Who processes them.
struct Again<C: Connector> {
    device: Arc<Device<C>>,
    parse: Arc<Call>,
    flat: FlatReadings,
}

impl<C: Connector> Again<C> {
    fn process(&mut self, payload: &[u8]) -> Result<()> {
        let Stored { raw_message, timestamp } = Stored::decode(payload)?;
        let raw = C::Raw::from_json(raw_message.get()).context("its `raw_message`")?;
        if !read(&self.device.connector, &self.parse, &raw, &mut self.flat)? {
            return Ok(());
        }
        let has_news =
            self.device.shared.update(|session| session.past_readings(&self.flat, timestamp));
        if has_news {
            self.device.ask_for_actuators();
        }
        Ok(())
    }
}
