//! The way of a raw message: received, recorded, parsed, flattened, published.

use std::sync::Arc;

use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use crate::{
    Connector, RawMessage, Result, Source, Timestamp,
    broker::jitter,
    calls::Call,
    causes::Causes,
    device::{Device, Open},
    flatten::FlatReadings,
    isolation::isolated_call,
    keep_session::keeps_session,
    shared::Shared,
    trouble::{OFTEN, Trouble},
};

/// Runs one source for as long as the connector runs.
pub(crate) async fn run<C: Connector>(
    device: Arc<Device<C>>,
    shared: Arc<Shared>,
    index: usize,
    source: Source,
    receive: Arc<Call>,
    records_raw: bool,
) {
    let mut ticks = source.every().map(interval);
    if let Some(ticks) = &mut ticks {
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    let name = source.name();
    let mut receiver = Receiver {
        ticks,
        is_due: false,
        index,
        receive,
        trouble: Trouble::new(format!("`{name}` receives nothing")),
        pipeline: Pipeline {
            device: &device,
            shared: &shared,
            name,
            parse: shared.calls.add("parse", "parse", None),
            records_raw,
            flat: FlatReadings::default(),
            trouble: Trouble::new(format!("a message of `{name}` is dropped")),
        },
    };
    loop {
        let open = device.session().await;
        tokio::select! {
            () = receiver.receive_from(&open) => {}
            () = open.ended() => {}
        }
    }
}

/// Asks for raw messages in the rhythm of a source.
struct Receiver<'a, C: Connector> {
    ticks: Option<Interval>,
    /// Whether a session has ended before it could answer: then the next one is asked at once.
    is_due: bool,
    index: usize,
    receive: Arc<Call>,
    trouble: Trouble,
    pipeline: Pipeline<'a, C>,
}

impl<C: Connector> Receiver<'_, C> {
    /// Receives for as long as the session lasts.
    async fn receive_from(&mut self, open: &Open<C::Session>) {
        let Pipeline { device, shared, name, .. } = self.pipeline;
        loop {
            match &mut self.ticks {
                Some(ticks) if self.is_due => ticks.reset(),
                Some(ticks) => drop(ticks.tick().await),
                None => tokio::task::coop::consume_budget().await,
            }
            self.is_due = true;
            let receive = async { device.connector.receive(&open.session, self.index).await };
            let received = self.receive.run(receive).await;
            match received {
                Ok(raw) => {
                    open.worked();
                    self.trouble.is_over();
                    if let Some(raw) = raw {
                        self.pipeline.process(&raw);
                        shared.has_room().await;
                    }
                }
                Err(error) if open.failed(name, &error) => return,
                Err(error) => {
                    self.trouble.note(&error);
                    if self.ticks.is_none() {
                        let free = if keeps_session(&error) { OFTEN } else { 0 };
                        sleep(jitter(self.trouble.pause(free))).await;
                    }
                }
            }
            self.is_due = false;
        }
    }
}

/// Parses and flattens a raw message; false if it is of no use.
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

/// What becomes of a raw message.
struct Pipeline<'a, C: Connector> {
    device: &'a Device<C>,
    shared: &'a Shared,
    name: &'a str,
    parse: Arc<Call>,
    records_raw: bool,
    flat: FlatReadings,
    trouble: Trouble,
}

impl<C: Connector> Pipeline<'_, C> {
    fn process(&mut self, raw: &C::Raw) {
        let received = Timestamp::now();
        if self.records_raw || tracing::enabled!(tracing::Level::DEBUG) {
            self.record(raw, received);
        }
        match self.publish(raw, received) {
            Ok(true) => self.device.ask_for_actuators(),
            Ok(false) => {}
            Err(error) => self.trouble.note(&error),
        }
    }

    /// Publishes what is selected of a message; true if it has a sensor that was not known.
    fn publish(&mut self, raw: &C::Raw, received: Timestamp) -> Result<bool> {
        if !read(&self.device.connector, &self.parse, raw, &mut self.flat)? {
            return Ok(false);
        }
        let datapoints = self.flat.readings().len();
        tracing::debug!("a message of `{}` has {datapoints} datapoints", self.name);
        Ok(self.shared.update(|session| session.readings(&self.flat, received)))
    }

    /// A message that cannot be written as JSON is parsed all the same.
    fn record(&self, raw: &C::Raw, received: Timestamp) {
        let json = match isolated_call(|| Ok(raw.to_json()?)) {
            Ok(json) => json,
            Err(error) => {
                tracing::error!(
                    "a message of `{}` cannot be recorded: {}",
                    self.name,
                    Causes(&error)
                );
                return;
            }
        };
        tracing::debug!("`{}` received {json:.500}", self.name);
        if self.records_raw {
            self.shared.update(|session| session.raw_message(&json, received));
        }
    }
}
