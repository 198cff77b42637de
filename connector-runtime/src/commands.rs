//! Commands on their way to the device: a queue and a worker for each actuator.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::mpsc::{self, error::TrySendError},
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    Command, Connector,
    causes::Causes,
    device::{Device, Open},
    isolation::isolated,
    log::Logs,
};

/// How many commands of one actuator wait at most.
const QUEUE: usize = 256;

/// How long a command may go on when its session has ended.
const GRACE: Duration = Duration::from_secs(5);

/// Who takes the commands from the bus. It must not wait: the broker's task calls it.
pub(crate) trait Dispatch: Send {
    /// Takes a command that has passed all checks.
    fn dispatch(&mut self, command: Command);
}

/// A command, and when it came.
struct Waiting {
    command: Command,
    since: Instant,
}

/// Hands commands to a connector: one after another for each actuator, in their order, while those
/// of different actuators may overlap.
pub(crate) struct Workers<C: Connector> {
    device: Arc<Device<C>>,
    logs: Logs,
    runtime: Handle,
    queues: HashMap<String, mpsc::Sender<Waiting>>,
    tasks: JoinSet<()>,
}

impl<C: Connector> Workers<C> {
    /// The commands run where the device part runs.
    pub(crate) fn new(device: Arc<Device<C>>, logs: Logs, runtime: Handle) -> Self {
        Self { device, logs, runtime, queues: HashMap::new(), tasks: JoinSet::new() }
    }

    fn start(&mut self, key: &str) -> mpsc::Sender<Waiting> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let work = work(Arc::clone(&self.device), receiver);
        self.tasks.spawn_on(self.logs.collect(work), &self.runtime);
        self.queues.insert(key.to_owned(), sender.clone());
        sender
    }

    /// Waits until the device has every command that was accepted.
    pub(crate) async fn finish(self) {
        drop(self.queues);
        self.tasks.join_all().await;
    }
}

impl<C: Connector> Dispatch for Workers<C> {
    fn dispatch(&mut self, command: Command) {
        let queue = match self.queues.get(command.key()) {
            Some(queue) => queue.clone(),
            None => self.start(command.key()),
        };
        match queue.try_send(Waiting { command, since: Instant::now() }) {
            Ok(()) => {}
            Err(TrySendError::Full(Waiting { command, .. })) => tracing::error!(
                "the command for `{}` is refused: {QUEUE} commands are waiting for it already",
                command.key()
            ),
            Err(TrySendError::Closed(Waiting { command, .. })) => {
                tracing::error!("the command for `{}` is refused: nobody takes it", command.key());
            }
        }
    }
}

async fn work<C: Connector>(device: Arc<Device<C>>, mut queue: mpsc::Receiver<Waiting>) {
    while let Some(Waiting { command, since }) = queue.recv().await {
        let (key, json) = (command.key(), command.json());
        tracing::debug!("sending {json:.1000} to `{key}`");
        // What moves real things is not kept for a device that may be back in hours.
        let Some(open) = device.session_soon(since).await else {
            tracing::error!(
                "the command {json:.100} for `{key}` is refused: there is no connection to the device"
            );
            continue;
        };
        let send = async { device.connector.send(&open.session, &command).await };
        let outcome = tokio::select! {
            outcome = isolated(send) => outcome,
            () = overdue(&open) => Err(anyhow::anyhow!("its session has ended, and it did not return")),
        };
        match outcome {
            Ok(()) => {
                device.shared.metrics.commands.inc();
                open.worked();
            }
            Err(error) => {
                tracing::error!("the command {json:.100} for `{key}` failed: {}", Causes(&error));
                open.failed(key, &error);
            }
        }
    }
}

/// Waits until a call of a session is too late, as that has ended some time ago.
async fn overdue<S: 'static>(open: &Open<S>) {
    open.ended().await;
    sleep(GRACE).await;
}
