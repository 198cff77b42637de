//! The bus as the tasks of a connector share it: the protocol, and the signals between the tasks.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::{Notify, watch},
    time::{Duration, Instant, timeout},
};

use crate::{
    bus::{
        protocol::{Protocol, Received},
        reprocess_queue::ReprocessQueue,
    },
    command::{Mailboxes, Refusal},
    datapoint::Actuator,
    outbox::Publish,
    telemetry::{
        log::{Logs, LostLogs},
        metrics::Metrics,
    },
    time::Now,
};

/// How long sources that wait for the broker go on waiting after the connection is lost: what a device has
/// buffered meanwhile would fill the outbox at once, and most brokers are back by then.
const RETURN: Duration = Duration::from_secs(10);

/// After this time, sources that wait for the disk look again.
const DISK: Duration = Duration::from_millis(50);

/// The same for sources that wait for the broker, which are also woken.
const LONGEST: Duration = Duration::from_mins(1);

/// The protocol behind a lock that is never held across an await, and notifications of its changes.
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

/// The progress of the connector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) is_online: bool,
    pub(crate) received: Received,
    is_leaving: bool,
    /// When the connection was last lost.
    lost: Option<Instant>,
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

    /// Locks the protocol, to read from it.
    pub(crate) fn protocol(&self) -> MutexGuard<'_, Protocol> {
        self.protocol.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the protocol and wakes the broker's task.
    pub(crate) fn update<T>(&self, action: impl FnOnce(&mut Protocol) -> T) -> T {
        let result = action(&mut self.protocol());
        self.changed.notify_one();
        result
    }

    /// How many log messages were lost.
    pub(crate) fn lost_logs(&self) -> LostLogs {
        self.logs.lost()
    }

    /// Locks the protocol, after handing it the log messages so far.
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

    /// Waits until the broker, or without it the disk, has taken enough of the published messages. In
    /// an outage without a spool it returns at once, as the outbox keeps messages up to its limit.
    pub(crate) async fn has_room(&self) {
        loop {
            let notified = self.room.notified();
            let Some(pause) = self.pause_of_sources() else { return };
            let _ = timeout(pause, notified).await;
        }
    }

    /// Returns how long sources should wait before they look again whether there is room, unless there
    /// is.
    fn pause_of_sources(&self) -> Option<Duration> {
        let protocol = self.protocol();
        if protocol.outbox.is_disk_behind() {
            return Some(DISK);
        }
        if !protocol.outbox.is_crowded() {
            return None;
        }
        if protocol.is_online() {
            return Some(LONGEST);
        }
        let lost = self.status.borrow().lost?;
        Some(RETURN.saturating_sub(lost.elapsed())).filter(|pause| !pause.is_zero())
    }

    /// Wakes waiting sources if there is room again.
    pub(crate) fn wake_sources(&self, protocol: &Protocol) {
        if protocol.outbox.has_room() {
            self.room.notify_waiters();
        }
    }

    /// Handles a message from the broker. A command is put into the mailbox of its actuator.
    pub(crate) fn message(&self, topic: &str, payload: &[u8], is_retained: bool, now: Now) {
        let (arrival, received) = {
            let mut protocol = self.protocol();
            if topic == &*protocol.topics.raw_message_reprocess {
                self.to_reprocess.offer(payload, is_retained);
                return;
            }
            (protocol.message(topic, payload, is_retained, now.wall), protocol.received())
        };
        self.set_received(received);
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
                    self.refused(key, command, &Refusal::Superseded);
                }
            }
            Err((key, refusal)) => {
                let retained = if is_retained { "retained " } else { "" };
                let command = format_args!("the {retained}command for `{key}` on `{topic}`");
                self.refused(&key, command, &refusal);
            }
        }
    }

    /// Logs and counts a command that is rejected, ignored or overdue; the only place that does so.
    pub(crate) fn refused(&self, key: &str, command: fmt::Arguments<'_>, refusal: &Refusal) {
        self.metrics.refused(refusal.reason());
        match refusal {
            // The device may have received it, so it is not rejected.
            Refusal::Overdue => {
                tracing::error!(limit.subject = key, "{command} failed: {refusal}");
            }
            _ if refusal.is_usual() => {
                tracing::info!(limit.subject = key, "ignored {command}: {refusal}");
            }
            _ => tracing::error!(limit.subject = key, "rejected {command}: {refusal}"),
        }
    }

    /// Replaces the set of actuators.
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
        self.set_status(|status| {
            if std::mem::take(&mut status.is_online) {
                status.lost = Some(Instant::now());
            }
        });
        self.room.notify_waiters();
    }

    /// Waits for a status that fulfils a condition.
    pub(crate) async fn status(&self, condition: impl FnMut(&Status) -> bool) -> Status {
        let mut status = self.status.subscribe();
        let found = status.wait_for(condition).await;
        *found.expect("the sender is a field of `self`")
    }

    /// Asks the broker's task to send the remaining messages and to disconnect.
    pub(crate) fn leave(&self) {
        self.set_status(|status| status.is_leaving = true);
    }

    /// Waits until the connector is to leave.
    pub(crate) async fn leaving(&self) {
        self.status(|status| status.is_leaving).await;
    }

    /// Reports how many maps have arrived.
    pub(crate) fn set_received(&self, received: Received) {
        self.set_status(|status| status.received = received);
    }

    fn set_status(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_if_modified(|status| {
            let before = *status;
            change(status);
            *status != before
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[tokio::test(start_paused = true)]
    async fn sources_go_on_waiting_for_a_broker_that_was_lost_a_moment_ago() {
        let bus = BusHandle::new(
            Protocol::new("demo", "1", Vec::new(), Vec::new()),
            Logs::new(false),
            Arc::default(),
        );
        let fill = || {
            while !bus.protocol().outbox.is_crowded() {
                bus.update(|protocol| protocol.raw_message("1", Timestamp::from_millis(0)));
            }
        };
        fill();
        let start = Instant::now();
        bus.has_room().await;
        assert_eq!(start.elapsed(), Duration::ZERO, "there has been no broker");
        bus.online();
        assert!(timeout(RETURN * 2, bus.has_room()).await.is_err());
        bus.offline(std::iter::empty(), true);
        let start = Instant::now();
        bus.has_room().await;
        assert_eq!(start.elapsed(), RETURN);
    }
}
