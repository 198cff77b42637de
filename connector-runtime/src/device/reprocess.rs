//! Raw messages of the past that come back over the bus, to be parsed and published once more.
//!
//! BEMCom keeps what `{name}/raw_message_to_db` carried. On `{name}/raw_message_reprocess` it may send
//! that again, for example once a fault in `parse` is mended. The values keep their own timestamps, and
//! what is newer stays the last value of its sensor.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use tokio::time::timeout;

use crate::{
    connector::Connector,
    device::{calls::Call, pipeline::read, recurring_error::RecurringError, session::Device},
    error::Result,
    raw::{RawMessage, archive::Stored},
    readings::FlatReadings,
};

/// For so long none has come when they are at an end.
const REST: Duration = Duration::from_secs(1);

/// Processes such messages for as long as the connector runs.
pub(crate) async fn run<C: Connector>(device: Arc<Device<C>>) {
    let bus = Arc::clone(&device.bus);
    let parse = device.vitals.calls.add("parse", "parse of an earlier message", None);
    let mut again = Again { device, parse, flat: FlatReadings::default() };
    loop {
        let mut message = Some(bus.to_reprocess.next().await);
        let mut recurring =
            RecurringError::new("a raw message cannot be processed again".to_owned());
        let (mut all, mut done) = (0_u64, 0_u64);
        while let Some(payload) = message {
            all += 1;
            match again.process(&payload) {
                Ok(()) => done += 1,
                Err(error) => recurring.note(&error),
            }
            bus.has_room().await;
            message = timeout(REST, bus.to_reprocess.next()).await.ok();
        }
        tracing::info!("raw messages were processed again: {done} of {all}");
        bus.to_reprocess.tell_dropped();
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
            self.device.bus.update(|protocol| protocol.past_readings(&self.flat, timestamp));
        if has_news {
            self.device.ask_for_actuators();
        }
        Ok(())
    }
}
