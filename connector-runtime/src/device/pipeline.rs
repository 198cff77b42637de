//! The processing of a raw message: record, parse, flatten, publish.

use std::sync::Arc;

use crate::{
    bus::BusHandle,
    connector::Connector,
    device::{calls::Call, recurring_error::RecurringError, session::Device},
    error::{Causes, Result, isolated_call},
    raw::RawMessage,
    readings::FlatReadings,
    telemetry::counted,
    time::Timestamp,
};

/// Parses and flattens a raw message; false if `parse` ignores it.
pub(crate) fn read<C: Connector>(
    connector: &C,
    parse: &Call,
    raw: &C::Raw,
    flat: &mut FlatReadings,
) -> Result<bool> {
    parse.run_now(|| {
        let Some(readings) = connector.parse(raw)? else { return Ok(false) };
        connector.flatten(&readings, flat)?;
        Ok(true)
    })
}

/// Processes the raw messages of one source.
pub(super) struct Pipeline<'a, C: Connector> {
    pub(super) device: &'a Device<C>,
    pub(super) bus: &'a BusHandle,
    pub(super) name: &'a str,
    pub(super) parse: Arc<Call>,
    pub(super) records_raw: bool,
    pub(super) flat: FlatReadings,
    pub(super) recurring: RecurringError,
}

impl<C: Connector> Pipeline<'_, C> {
    pub(super) fn process(&mut self, raw: &C::Raw) {
        let received = Timestamp::now();
        if self.records_raw || tracing::enabled!(tracing::Level::DEBUG) {
            self.record(raw, received);
        }
        match self.publish(raw, received) {
            Ok(true) => self.device.update_actuators(),
            Ok(false) => {}
            Err(error) => self.recurring.note(&error),
        }
        self.flat.release_spare();
    }

    /// Publishes the selected values of a message; true if it contains a new sensor.
    fn publish(&mut self, raw: &C::Raw, received: Timestamp) -> Result<bool> {
        if !read(&self.device.connector, &self.parse, raw, &mut self.flat)? {
            return Ok(false);
        }
        let datapoints = self.flat.readings().len();
        tracing::debug!(
            "a message of `{}` contains {}",
            self.name,
            counted(datapoints, "datapoint")
        );
        Ok(self.bus.update(|protocol| protocol.readings(&self.flat, received)))
    }

    /// Records a message. One that cannot be written as JSON is parsed nevertheless.
    fn record(&self, raw: &C::Raw, received: Timestamp) {
        let json = match isolated_call(|| Ok(raw.to_json()?)) {
            Ok(json) => json,
            Err(error) => {
                tracing::error!("cannot record a message of `{}`: {}", self.name, Causes(&error));
                return;
            }
        };
        tracing::debug!("`{}` received {json:.500}", self.name);
        if self.records_raw {
            self.bus.update(|protocol| protocol.raw_message(&json, received));
        }
    }
}
