//! The sources: when each one is called, and what happens after an error.

use std::{future::poll_fn, pin::pin, sync::Arc};

use tokio::{
    task::yield_now,
    time::{Interval, MissedTickBehavior, interval, sleep},
};

use crate::{
    bus::BusHandle,
    connector::{Connector, Source},
    device::{
        calls::Call,
        pipeline::Pipeline,
        recurring_error::{OFTEN, RecurringError},
        session::{Device, OpenSession},
    },
    error::keeps_session,
    readings::FlatReadings,
    time::backoff::jitter,
};

/// Runs one source for as long as the connector runs.
pub(crate) async fn run<C: Connector>(
    device: Arc<Device<C>>,
    bus: Arc<BusHandle>,
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
        has_waited: false,
        index,
        receive,
        recurring: RecurringError::new(format!("`{name}`"), "failed"),
        pipeline: Pipeline {
            device: &device,
            bus: &bus,
            name,
            parse: device.vitals.calls.add("parse", "parse", None),
            records_raw,
            flat: FlatReadings::default(),
            recurring: RecurringError::new(format!("a message of `{name}`"), "was dropped"),
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

/// Receives raw messages at the rhythm of a source.
struct Receiver<'a, C: Connector> {
    ticks: Option<Interval>,
    /// Whether a session ended before the source returned: then it is called at once in the next
    /// one.
    is_due: bool,
    /// Whether the last call has waited. One that has not may block its thread the next time, and with it
    /// the task that this one has just woken: tokio's threads do not take that from each other.
    has_waited: bool,
    index: usize,
    receive: Arc<Call>,
    recurring: RecurringError,
    pipeline: Pipeline<'a, C>,
}

impl<C: Connector> Receiver<'_, C> {
    /// Receives until the session ends.
    async fn receive_from(&mut self, open: &OpenSession<C::Session>) {
        let Pipeline { device, bus, name, .. } = self.pipeline;
        loop {
            match &mut self.ticks {
                Some(ticks) if self.is_due => ticks.reset(),
                Some(ticks) => drop(ticks.tick().await),
                None if self.has_waited => tokio::task::coop::consume_budget().await,
                None => yield_now().await,
            }
            self.is_due = true;
            self.has_waited = false;
            let mut receive = pin!(device.connector.receive(&open.session, self.index));
            let receive = poll_fn(|context| {
                let polled = receive.as_mut().poll(context);
                self.has_waited |= polled.is_pending();
                polled
            });
            let received = self.receive.run(receive).await;
            match received {
                Ok(raw) => {
                    open.worked();
                    self.recurring.end();
                    if let Some(raw) = raw {
                        self.pipeline.process(&raw);
                        bus.has_room().await;
                    }
                }
                Err(error) if open.failed(name, &error) => return,
                Err(error) => {
                    self.recurring.note(&error);
                    if self.ticks.is_none() {
                        let free = if keeps_session(&error) { OFTEN } else { 0 };
                        sleep(jitter(self.recurring.pause(free))).await;
                    }
                }
            }
            self.is_due = false;
        }
    }
}
