//! Sending commands to the device: one worker for each actuator.

use std::{fmt, sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    command::{Due, Mailbox, Refusal, Step},
    connector::Connector,
    datapoint::Command,
    device::{
        calls::Call,
        session::{Device, OpenSession},
    },
    error::{Causes, Error},
    telemetry::{counted, log::Logs},
    time::{Now, Timestamp},
};

/// How long a send may continue after its session has ended.
const GRACE: Duration = Duration::from_secs(5);

/// Sends commands to the device: those of one actuator one after another and in order, those of
/// different actuators concurrently. Ends once the mailboxes are closed and empty.
pub(crate) async fn carry_out<C: Connector>(device: Arc<Device<C>>, logs: Logs) {
    let mut workers = JoinSet::new();
    while let Some(mailbox) = device.bus.mailboxes.next().await {
        let name = format!("send to {}", mailbox.key);
        let call = device.vitals.calls.add("send", &name, None);
        let worker = CommandSender { device: Arc::clone(&device), mailbox, call };
        workers.spawn(logs.collect(worker.work()));
    }
    workers.join_all().await;
}

/// Sends the commands of one mailbox.
struct CommandSender<C: Connector> {
    device: Arc<Device<C>>,
    mailbox: Arc<Mailbox>,
    call: Arc<Call>,
}

impl<C: Connector> CommandSender<C> {
    async fn work(self) {
        loop {
            let step = self.mailbox.queue().next(Instant::now());
            match step {
                Step::Wait(until) => self.mailbox.changed(until).await,
                Step::Command { since } => self.command(since).await,
                Step::Refuse(command, refusal) => self.refuse(&command, &refusal),
                Step::Failsafe(due) => self.failsafe(due).await,
                Step::End => return,
            }
        }
    }

    /// Sends the next command, which arrived at `since`.
    async fn command(&self, since: Instant) {
        // A command can move machines, so it is not kept for a device that may return hours later.
        let Some(open) = self.device.session_soon(since).await else {
            let missed = self.mailbox.queue().give_up(Instant::now());
            if let Some(command) = missed {
                self.refuse(&command, &Refusal::NoDevice);
            }
            return;
        };
        let taken = self.mailbox.queue().take(Now::read());
        let command = match taken {
            Ok(None) => return,
            Ok(Some(command)) => command,
            Err((command, refusal)) => return self.refuse(&command, &refusal),
        };
        // The actuator may have changed while the command waited.
        let checked = self.device.bus.protocol().check(&command);
        if let Err(refusal) = checked {
            return self.refuse(&command, &refusal);
        }
        let (key, json) = (command.key(), command.json());
        match self.send(&open, &command).await {
            Ok(()) => {}
            Err(Failure::Overdue) => self.refuse(&command, &Refusal::Overdue),
            Err(Failure::Error(error)) => {
                tracing::error!(
                    limit.subject = key,
                    "the command {json:.100} for `{key}` failed: {}",
                    Causes(&error)
                );
                open.failed(key, &error);
            }
        }
    }

    /// Sends the failsafe value. The first attempt, its failure and the eventual success are
    /// logged.
    async fn failsafe(&self, Due { value, after, failures }: Due) {
        let key = &*self.mailbox.key;
        match after {
            _ if failures > 0 => {}
            Some(after) => tracing::warn!(
                limit.subject = key,
                "no command for `{key}` was accepted for {after:?}: sending the failsafe value {value}"
            ),
            None => tracing::info!(
                limit.subject = key,
                "shutting down: sending the failsafe value {value} to `{key}`"
            ),
        }
        let command = Command::of(key, &value, Timestamp::now());
        let outcome = match self.device.session_soon(Instant::now()).await {
            None => Err(Refusal::NoDevice.to_string()),
            Some(open) => self.send(&open, &command).await.map_err(|failure| {
                if let Failure::Error(error) = &failure {
                    open.failed(key, error);
                }
                failure.to_string()
            }),
        };
        self.mailbox.queue().tried_failsafe(outcome.is_ok(), Instant::now());
        match (outcome, failures) {
            (Ok(()), 0) => {}
            (Ok(()), _) => tracing::info!(
                limit.subject = key,
                "sent the failsafe value {value} to `{key}` after {}",
                counted(failures, "failure")
            ),
            (Err(reason), 0) => tracing::error!(
                limit.subject = key,
                "the failsafe value {value} for `{key}` failed, retrying until the next command: {reason}"
            ),
            (Err(reason), _) => tracing::debug!("the failsafe value for `{key}` failed: {reason}"),
        }
    }

    async fn send(&self, open: &OpenSession<C::Session>, command: &Command) -> Result<(), Failure> {
        let json = command.json();
        tracing::debug!("sending {json:.1000} to `{}`", command.key());
        let send = async { self.device.connector.send(&open.session, command).await };
        let limit = self.mailbox.queue().send_limit();
        let outcome = tokio::select! {
            outcome = self.call.run_within(Some(limit), send) => outcome.map_err(Failure::Error),
            () = overdue(open) => Err(Failure::Overdue),
        };
        self.mailbox.queue().sent(json, outcome.is_ok(), Instant::now());
        if outcome.is_ok() {
            self.device.bus.metrics.commands.inc();
            open.worked();
        }
        outcome
    }

    fn refuse(&self, command: &Command, refusal: &Refusal) {
        let (key, json) = (command.key(), command.json());
        let command = format_args!("the command {json:.100} for `{key}`");
        self.device.bus.refused(key, command, refusal);
    }
}

/// Why a send failed.
enum Failure {
    Error(Error),
    Overdue,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => Causes(error).fmt(f),
            Self::Overdue => Refusal::Overdue.fmt(f),
        }
    }
}

/// Waits until the grace period after the end of a session is over.
async fn overdue<S: 'static>(open: &OpenSession<S>) {
    open.ended().await;
    sleep(GRACE).await;
}

#[cfg(test)]
mod tests;
