//! The device session: opened, handed out, ended, and opened again.

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

/// How long a session that has not been of use yet must last to count as one.
const PROBATION: Duration = Duration::from_secs(1);

/// The device of a connector, and the session with it.
pub(crate) struct Device<C: Connector> {
    pub(crate) connector: C,
    pub(crate) bus: Arc<BusHandle>,
    pub(crate) vitals: Arc<Vitals>,
    connect: Arc<Call>,
    current: watch::Sender<Option<Arc<OpenSession<C::Session>>>>,
}

/// A session.
pub(crate) struct OpenSession<S> {
    pub(crate) session: S,
    health: watch::Sender<SessionHealth>,
}

/// How much can be said for a session.
#[derive(Debug, Clone, PartialEq, Eq)]
enum SessionHealth {
    New,
    /// A call was successful.
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

    /// The session, as soon as there is one.
    pub(crate) async fn session(&self) -> Arc<OpenSession<C::Session>> {
        let mut current = self.current.subscribe();
        loop {
            if let Some(open) = &*current.borrow_and_update()
                && !open.has_ended()
            {
                return Arc::clone(open);
            }
            // The sender is `self`.
            let _ = current.changed().await;
        }
    }

    /// The session, if there is one soon after this time.
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
                Ok(session) => self.use_up(session, &mut outage).await,
                Err(error) => {
                    self.note(&mut outage, &format!("cannot connect: {}", Causes(&error)));
                }
            }
            sleep(jitter(outage.pause())).await;
        }
    }

    /// Hands a session out until it has ended.
    async fn use_up(&self, session: C::Session, outage: &mut Outage) {
        let open =
            Arc::new(OpenSession { session, health: watch::Sender::new(SessionHealth::New) });
        self.ask_for_actuators();
        self.current.send_replace(Some(Arc::clone(&open)));
        self.vitals.set_connected(true);
        self.bus.metrics.sessions.inc();
        if outage.failures > 0 {
            let _ = timeout(PROBATION, open.health(|health| *health != SessionHealth::New)).await;
        }
        if !open.has_ended() && !is_nothing::<C::Session>() {
            outage.is_over();
            self.tell(true);
        }
        let ended = open.health(|health| matches!(health, SessionHealth::Ended(_))).await;
        self.current.send_replace(None);
        self.vitals.set_connected(false);
        if let SessionHealth::Ended(reason) = ended {
            self.note(outage, &reason);
        }
    }

    fn note(&self, outage: &mut Outage, reason: &str) {
        outage.note(reason);
        if outage.failures == 1 {
            self.tell(false);
        }
    }

    /// Publishes whether the device is connected, if there is a sensor for that.
    pub(crate) fn tell(&self, is_connected: bool) {
        let Some(key) = self.connector.state_sensor() else { return };
        let mut flat = FlatReadings::default();
        if flat.serialize(&HashMap::from([(key, is_connected)])).is_ok() {
            self.bus.update(|protocol| protocol.readings(&flat, Timestamp::now()));
        }
    }

    /// Actuators may come and go with the device.
    pub(crate) fn ask_for_actuators(&self) {
        match isolated_call(|| Ok(self.connector.actuators())) {
            Ok(actuators) => self.bus.actuators(actuators),
            Err(error) => tracing::error!("the actuators stay as they were: {error:#}"),
        }
    }
}

impl<S: 'static> OpenSession<S> {
    /// Takes note of an error of the device part; true if it ends the session.
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

    /// A call was successful.
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

/// Whether a session is none: then there is nothing that could end.
fn is_nothing<S: 'static>() -> bool {
    TypeId::of::<S>() == TypeId::of::<()>()
}
