//! What the tasks of a connector share: the session, and the signals between them.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, watch};

use crate::{
    bus::{
        protocol::{Protocol, Received},
        reprocess_queue::ReprocessQueue,
    },
    command::{Mailboxes, Refusal},
    datapoint::Actuator,
    outbox::Publish,
    telemetry::{log::Logs, metrics::Metrics},
    time::Now,
};

/// The session behind a lock that is never held while waiting, and who is told of its changes.
#[derive(Debug)]
pub(crate) struct BusHandle {
    protocol: Mutex<Protocol>,
    pub(crate) mailboxes: Mailboxes,
    pub(crate) to_reprocess: ReprocessQueue,
    logs: Logs,
    changed: Arc<Notify>,
    room: Notify,
    status: watch::Sender<Status>,
    pub(crate) metrics: Arc<Metrics>,
}

/// How far the connector has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) is_online: bool,
    pub(crate) received: Received,
    says_goodbye: bool,
}

impl BusHandle {
    pub(crate) fn new(protocol: Protocol, logs: Logs, arrivals: Arc<Notify>) -> Self {
        let metrics = Arc::clone(&protocol.metrics);
        let mailboxes = Mailboxes::default();
        mailboxes.set(protocol.actuators());
        Self {
            metrics,
            changed: arrivals,
            protocol: Mutex::new(protocol),
            mailboxes,
            to_reprocess: ReprocessQueue::default(),
            logs,
            room: Notify::new(),
            status: watch::Sender::default(),
        }
    }

    /// The session, to read from it.
    pub(crate) fn protocol(&self) -> MutexGuard<'_, Protocol> {
        self.protocol.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the session and wakes the broker's task.
    pub(crate) fn update<T>(&self, action: impl FnOnce(&mut Protocol) -> T) -> T {
        let result = action(&mut self.protocol());
        self.changed.notify_one();
        result
    }

    /// The session, with the log messages so far handed over to it.
    pub(crate) fn protocol_with_logs(&self) -> MutexGuard<'_, Protocol> {
        let mut protocol = self.protocol();
        for message in self.logs.take() {
            protocol.log(&message);
        }
        protocol
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
                let protocol = self.protocol();
                if !(protocol.is_online() && protocol.outbox.is_crowded()) {
                    return;
                }
            }
            notified.await;
        }
    }

    pub(crate) fn tell_room(&self, protocol: &Protocol) {
        if protocol.outbox.has_room() {
            self.room.notify_waiters();
        }
    }

    /// A message from the broker. If it is a command, it waits for the device from then on.
    pub(crate) fn message(&self, topic: &str, payload: &[u8], is_retained: bool, now: Now) {
        let (arrival, received) = {
            let mut protocol = self.protocol();
            if topic == &*protocol.topics.raw_message_reprocess {
                self.to_reprocess.offer(payload, is_retained);
                return;
            }
            (protocol.message(topic, payload, is_retained, now.wall), protocol.received())
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
        self.update(|protocol| {
            protocol.set_actuators(actuators);
            self.mailboxes.set(protocol.actuators());
        });
    }

    pub(crate) fn online(&self) {
        self.update(Protocol::online);
        self.set_status(|status| status.is_online = true);
    }

    pub(crate) fn offline(&self, undelivered: impl Iterator<Item = Publish>, is_closed: bool) {
        self.update(|protocol| protocol.offline(undelivered, is_closed));
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
