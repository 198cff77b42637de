//! What the tasks of a connector share: the session, and the signals between them.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::{Notify, watch};

use crate::{
    Actuator,
    calls::Calls,
    guard::Now,
    log::Logs,
    mailbox::Mailboxes,
    metrics::{Metrics, Snapshot},
    outbox::Publish,
    refusal::Refusal,
    reprocess::Waiting,
    session::{Received, Session},
};

/// The session behind a lock that is never held while waiting, and who is told of its changes.
#[derive(Debug)]
pub(crate) struct Shared {
    session: Mutex<Session>,
    pub(crate) mailboxes: Mailboxes,
    pub(crate) to_reprocess: Waiting,
    logs: Logs,
    changed: Arc<Notify>,
    room: Notify,
    status: watch::Sender<Status>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) calls: Calls,
    device_is_connected: AtomicBool,
}

/// How far the connector has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) is_online: bool,
    pub(crate) received: Received,
    says_goodbye: bool,
}

impl Shared {
    pub(crate) fn new(session: Session, logs: Logs) -> Self {
        let metrics = Arc::clone(&session.metrics);
        let mailboxes = Mailboxes::default();
        mailboxes.set(session.actuators());
        Self {
            calls: Calls::new(Arc::clone(&metrics)),
            metrics,
            device_is_connected: AtomicBool::new(false),
            changed: session.outbox.arrivals(),
            session: Mutex::new(session),
            mailboxes,
            to_reprocess: Waiting::default(),
            logs,
            room: Notify::new(),
            status: watch::Sender::default(),
        }
    }

    /// The session, to read from it.
    pub(crate) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There is a session with the device now, or there is none.
    pub(crate) fn set_device(&self, is_connected: bool) {
        self.device_is_connected.store(is_connected, Ordering::Relaxed);
    }

    /// What can be told of the connector, and why it is not ready if it is not.
    pub(crate) fn snapshot(&self) -> (Snapshot, Option<String>) {
        let mut now = self.session().snapshot();
        now.device_is_connected = self.device_is_connected.load(Ordering::Relaxed);
        now.message_age = self.calls.age().map(|age| age.as_secs_f64());
        let trouble = if !now.broker_is_connected {
            Some("there is no connection to the broker".to_owned())
        } else if !now.device_is_connected {
            Some("there is no connection to the device".to_owned())
        } else {
            self.calls.stale().map(|source| format!("the data of `{source}` is too old"))
        };
        now.is_ready = trouble.is_none();
        (now, trouble)
    }

    /// Does something with the session and wakes the broker's task.
    pub(crate) fn update<T>(&self, action: impl FnOnce(&mut Session) -> T) -> T {
        let result = action(&mut self.session());
        self.changed.notify_one();
        result
    }

    /// The session, with the log messages so far handed over to it.
    pub(crate) fn session_with_logs(&self) -> MutexGuard<'_, Session> {
        let mut session = self.session();
        for message in self.logs.take() {
            session.log(&message);
        }
        session
    }

    /// Waits until there may be something to send.
    pub(crate) async fn changed(&self) {
        tokio::select! {
            () = self.changed.notified() => {}
            () = self.logs.changed() => {}
        }
    }

    /// Waits until the broker has taken enough of what was published. Without a broker there is no
    /// waiting: then the outbox keeps what it can.
    pub(crate) async fn has_room(&self) {
        loop {
            let notified = self.room.notified();
            {
                let session = self.session();
                if !(session.is_online() && session.outbox.is_crowded()) {
                    return;
                }
            }
            notified.await;
        }
    }

    pub(crate) fn tell_room(&self, session: &Session) {
        if session.outbox.has_room() {
            self.room.notify_waiters();
        }
    }

    /// A message from the broker. If it is a command, it waits for the device from then on.
    pub(crate) fn message(&self, topic: &str, payload: &[u8], is_retained: bool, now: Now) {
        let (arrival, received) = {
            let mut session = self.session();
            if topic == &*session.topics.raw_message_reprocess {
                self.to_reprocess.offer(payload, is_retained);
                return;
            }
            (session.message(topic, payload, is_retained, now.wall), session.received())
        };
        self.set_status(|status| status.received = received);
        let accepted = match arrival {
            Ok(None) => return,
            Ok(Some(arrival)) => {
                let key = arrival.command.key().to_owned();
                self.mailboxes.offer(arrival, now).map_err(|refusal| (key, refusal))
            }
            Err(refused) => Err(refused),
        };
        match accepted {
            Ok(superseded) => {
                for command in superseded {
                    let (key, json) = (command.key(), command.json());
                    let command = format_args!("the command {json:.100} for `{key}`");
                    self.refused(command, &Refusal::Superseded);
                }
            }
            Err((key, refusal)) => {
                let retained = if is_retained { "retained " } else { "" };
                let command = format_args!("the {retained}command for `{key}` on `{topic}`");
                self.refused(command, &refusal);
            }
        }
    }

    /// A command is not carried out: the one place where that is told and counted.
    pub(crate) fn refused(&self, command: fmt::Arguments<'_>, refusal: &Refusal) {
        self.metrics.refused(refusal.reason());
        if refusal.is_usual() {
            tracing::info!("{command} is ignored: {refusal}");
        } else {
            tracing::error!("{command} is refused: {refusal}");
        }
    }

    /// The actuators that there are now.
    pub(crate) fn actuators(&self, actuators: Vec<Actuator>) {
        self.update(|session| {
            session.set_actuators(actuators);
            self.mailboxes.set(session.actuators());
        });
    }

    pub(crate) fn online(&self) {
        self.update(Session::online);
        self.set_status(|status| status.is_online = true);
    }

    pub(crate) fn offline(&self, undelivered: impl Iterator<Item = Publish>, is_closed: bool) {
        self.update(|session| session.offline(undelivered, is_closed));
        self.set_status(|status| status.is_online = false);
        self.room.notify_waiters();
    }

    /// Waits for a status that fulfils a condition.
    pub(crate) async fn status(&self, condition: impl FnMut(&Status) -> bool) -> Status {
        let mut status = self.status.subscribe();
        let found = status.wait_for(condition).await;
        *found.expect("the sender lives as long as this does")
    }

    /// Asks the broker's task to send what is left, and to leave.
    pub(crate) fn say_goodbye(&self) {
        self.set_status(|status| status.says_goodbye = true);
    }

    pub(crate) async fn goodbye(&self) {
        self.status(|status| status.says_goodbye).await;
    }

    fn set_status(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_if_modified(|status| {
            let before = *status;
            change(status);
            *status != before
        });
    }
}
