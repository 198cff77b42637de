//! Commands on their way to the device: a worker for each actuator, who empties its mailbox.

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
    telemetry::log::Logs,
    time::{Now, Timestamp},
};

/// How long a command may go on when its session has ended.
const GRACE: Duration = Duration::from_secs(5);

/// Hands commands to a connector: one after another for each actuator, in their order, while those
/// of different actuators may overlap. Ends once the mailboxes are closed and empty.
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

/// Who empties one mailbox.
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

    /// Sends the command that is next, which came at this time.
    async fn command(&self, since: Instant) {
        // What moves real things is not kept for a device that may be back in hours.
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
        // What the device can take may be another thing by now.
        let checked = self.device.bus.protocol().check(&command);
        if let Err(refusal) = checked {
            return self.refuse(&command, &refusal);
        }
        let (key, json) = (command.key(), command.json());
        match self.send(&open, &command).await {
            Ok(()) => {}
            Err(Failure::Overdue) => self.refuse(&command, &Refusal::Overdue),
            Err(Failure::Error(error)) => {
                tracing::error!("the command {json:.100} for `{key}` failed: {}", Causes(&error));
                open.failed(key, &error);
            }
        }
    }

    /// Sends the failsafe value. Its beginning and the first failure are told.
    async fn failsafe(&self, Due { value, after, failures }: Due) {
        let key = &*self.mailbox.key;
        match after {
            _ if failures > 0 => {}
            Some(after) => tracing::warn!(
                "no command was taken for `{key}` for {after:?}: its failsafe value {value} is sent"
            ),
            None => tracing::info!("the stop sends the failsafe value {value} to `{key}`"),
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
            (Ok(()), _) => tracing::info!("the failsafe value {value} has reached `{key}`"),
            (Err(reason), 0) => tracing::error!(
                "the failsafe value {value} for `{key}` failed, trying until a command comes: {reason}"
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
        self.device.bus.refused(command, refusal);
    }
}

/// Why the device did not get a value.
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

/// Waits until a call of a session is too late, as that has ended some time ago.
async fn overdue<S: 'static>(open: &OpenSession<S>) {
    open.ended().await;
    sleep(GRACE).await;
}

#[cfg(test)]
mod tests;
