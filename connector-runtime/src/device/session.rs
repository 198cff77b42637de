//! The session with the device: opened, shared with its users, ended, and reopened.

use std::{any::TypeId, collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout, timeout_at},
};

use crate::{
    bus::BusHandle,
    command::WAIT_FOR_SESSION,
    connector::Connector,
    device::{calls::Call, outage::Outage, vitals::Vitals},
    error::{Causes, Error, isolated_call, keeps_session},
    readings::FlatReadings,
    time::{Timestamp, backoff::jitter},
};

/// After a failure, how long a session without a successful call must last to count as working.
const PROBATION: Duration = Duration::from_secs(1);

/// The device of a connector, and the session with it.
pub(crate) struct Device<C: Connector> {
    pub(crate) connector: C,
    pub(crate) bus: Arc<BusHandle>,
    pub(crate) vitals: Arc<Vitals>,
    connect: Arc<Call>,
    current: watch::Sender<Option<Arc<OpenSession<C::Session>>>>,
}

/// An open session, and its state.
pub(crate) struct OpenSession<S> {
    pub(crate) session: S,
    health: watch::Sender<SessionHealth>,
}

/// The state of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
enum SessionHealth {
    New,
    /// A call has succeeded.
    Useful,
    /// It has ended, for this reason.
    Ended(String),
}

impl<C: Connector> Device<C> {
    pub(crate) fn new(connector: C, bus: Arc<BusHandle>) -> Self {
        let timeout = isolated_call(|| Ok(connector.connect_timeout())).ok();
        let vitals = Arc::new(Vitals::new(Arc::clone(&bus.metrics)));
        let connect = vitals.calls.add("connect", "connect", timeout);
        Self { connector, bus, vitals, connect, current: watch::Sender::new(None) }
    }

    /// Waits for an open session.
    pub(crate) async fn session(&self) -> Arc<OpenSession<C::Session>> {
        let mut current = self.current.subscribe();
        loop {
            if let Some(open) = &*current.borrow_and_update()
                && !open.has_ended()
            {
                return Arc::clone(open);
            }
            // The sender is a field of `self`, so it is not dropped.
            let _ = current.changed().await;
        }
    }

    /// Waits for an open session until [`WAIT_FOR_SESSION`] after `since`.
    pub(crate) async fn session_soon(
        &self,
        since: Instant,
    ) -> Option<Arc<OpenSession<C::Session>>> {
        timeout_at(since + WAIT_FOR_SESSION, self.session()).await.ok()
    }

    /// Keeps a session open for as long as the connector runs.
    pub(crate) async fn keep_open(&self) {
        let mut outage = Outage::default();
        loop {
            match self.connect.run(async { self.connector.connect().await }).await {
                Ok(session) => self.share(session, &mut outage).await,
                Err(error) => {
                    self.report(&mut outage, &format!("cannot connect: {}", Causes(&error)));
                }
            }
            sleep(jitter(outage.pause())).await;
        }
    }

    /// Shares a session until it has ended.
    async fn share(&self, session: C::Session, outage: &mut Outage) {
        let open =
            Arc::new(OpenSession { session, health: watch::Sender::new(SessionHealth::New) });
        self.update_actuators();
        self.current.send_replace(Some(Arc::clone(&open)));
        self.vitals.set_connected(true);
        self.bus.metrics.sessions.inc();
        if outage.failures > 0 {
            let _ = timeout(PROBATION, open.health(|health| *health != SessionHealth::New)).await;
        }
        if !open.has_ended() && !is_nothing::<C::Session>() {
            outage.end();
            self.publish_state(true);
        }
        let ended = open.health(|health| matches!(health, SessionHealth::Ended(_))).await;
        self.current.send_replace(None);
        self.vitals.set_connected(false);
        if let SessionHealth::Ended(reason) = ended {
            self.report(outage, &reason);
        }
    }

    fn report(&self, outage: &mut Outage, reason: &str) {
        outage.note(reason);
        if outage.failures == 1 {
            self.publish_state(false);
        }
    }

    /// Publishes whether the device is connected, if the connector has a sensor for that.
    pub(crate) fn publish_state(&self, is_connected: bool) {
        let Some(key) = self.connector.state_sensor() else { return };
        let mut flat = FlatReadings::default();
        if flat.serialize(&HashMap::from([(key, is_connected)])).is_ok() {
            self.bus.update(|protocol| protocol.readings(&flat, Timestamp::now()));
        }
    }

    /// Updates the actuators, which may appear and disappear with the device.
    pub(crate) fn update_actuators(&self) {
        match isolated_call(|| Ok(self.connector.actuators())) {
            Ok(actuators) => self.bus.actuators(actuators),
            Err(error) => {
                tracing::error!(
                    "cannot update the actuators, keeping the previous ones: {error:#}"
                );
            }
        }
    }
}

impl<S: 'static> OpenSession<S> {
    /// Reports an error of the device part; returns true if it ends the session.
    pub(crate) fn failed(&self, caller: &str, error: &Error) -> bool {
        if is_nothing::<S>() || keeps_session(error) {
            return false;
        }
        self.health.send_if_modified(|health| {
            let is_first = !matches!(health, SessionHealth::Ended(_));
            if is_first {
                *health = SessionHealth::Ended(format!("`{caller}`: {}", Causes(error)));
            }
            is_first
        });
        true
    }

    /// A call has succeeded.
    pub(crate) fn worked(&self) {
        self.health.send_if_modified(|health| {
            let is_new = *health == SessionHealth::New;
            if is_new {
                *health = SessionHealth::Useful;
            }
            is_new
        });
    }

    fn has_ended(&self) -> bool {
        matches!(*self.health.borrow(), SessionHealth::Ended(_))
    }

    pub(crate) async fn ended(&self) {
        self.health(|health| matches!(health, SessionHealth::Ended(_))).await;
    }

    async fn health(&self, condition: impl FnMut(&SessionHealth) -> bool) -> SessionHealth {
        let mut health = self.health.subscribe();
        let found = health.wait_for(condition).await;
        found.map_or(SessionHealth::New, |health| health.clone())
    }
}

/// Returns whether the connector has no sessions, so that nothing can end.
fn is_nothing<S: 'static>() -> bool {
    TypeId::of::<S>() == TypeId::of::<()>()
}
