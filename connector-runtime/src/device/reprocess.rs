//! Stored raw messages that are sent back over the bus, to be parsed and published again.
//!
//! BEMCom stores the messages of `{name}/raw_message_to_db`. It may send them again on
//! `{name}/raw_message_reprocess`, for example after a bug in `parse` was fixed. The values keep
//! their timestamps, and a newer value remains the last value of its sensor.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use tokio::time::timeout;

use crate::{
    connector::Connector,
    device::{calls::Call, pipeline::read, recurring_error::RecurringError, session::Device},
    error::Result,
    raw::{RawMessage, archive::Stored},
    readings::FlatReadings,
    telemetry::counted,
};

/// After this time without a message, the series is complete.
const REST: Duration = Duration::from_secs(1);

/// Reprocesses messages for as long as the connector runs.
pub(crate) async fn run<C: Connector>(device: Arc<Device<C>>) {
    let bus = Arc::clone(&device.bus);
    let parse = device.vitals.calls.add("parse", "parse of a stored message", None);
    let mut reprocessor = Reprocessor { device, parse, flat: FlatReadings::default() };
    loop {
        let mut message = Some(bus.to_reprocess.next().await);
        let mut recurring =
            RecurringError::new("a raw message".to_owned(), "cannot be reprocessed");
        let (mut all, mut done) = (0_u64, 0_u64);
        while let Some(payload) = message {
            all += 1;
            match reprocessor.process(&payload) {
                Ok(()) => done += 1,
                Err(error) => recurring.note(&error),
            }
            reprocessor.flat.release_spare();
            bus.has_room().await;
            message = timeout(REST, bus.to_reprocess.next()).await.ok();
        }
        tracing::info!("reprocessed {done} of {}", counted(all, "raw message"));
        bus.metrics.dropped("reprocess", bus.to_reprocess.log_dropped());
    }
}

/// Reprocesses single messages.
struct Reprocessor<C: Connector> {
    device: Arc<Device<C>>,
    parse: Arc<Call>,
    flat: FlatReadings,
}

impl<C: Connector> Reprocessor<C> {
    fn process(&mut self, payload: &[u8]) -> Result<()> {
        let Stored { raw_message, timestamp } = Stored::decode(payload)?;
        let raw = C::Raw::from_json(raw_message.get()).context("its `raw_message`")?;
        if !read(&self.device.connector, &self.parse, &raw, &mut self.flat)? {
            return Ok(());
        }
        let has_new_sensor =
            self.device.bus.update(|protocol| protocol.past_readings(&self.flat, timestamp));
        if has_new_sensor {
            self.device.update_actuators();
        }
        Ok(())
    }
}
