//! Commands on their way to the device: a queue and a worker for each actuator.

use std::{collections::HashMap, sync::Arc};

use tokio::{
    runtime::Handle,
    sync::mpsc::{self, error::TrySendError},
    task::JoinSet,
};

use crate::{Command, Connector, isolation::isolated, log::Logs};

/// How many commands of one actuator wait at most.
const QUEUE: usize = 256;

/// Who takes the commands from the bus. It must not wait: the broker's task calls it.
pub(crate) trait Dispatch: Send {
    /// Takes a command that has passed all checks.
    fn dispatch(&mut self, command: Command);
}

/// Hands commands to a connector: one after another for each actuator, in their order, while those
/// of different actuators may overlap.
pub(crate) struct Workers<C> {
    connector: Arc<C>,
    logs: Logs,
    device: Handle,
    queues: HashMap<String, mpsc::Sender<Command>>,
    tasks: JoinSet<()>,
}

impl<C: Connector> Workers<C> {
    /// The commands run where the device part runs.
    pub(crate) fn new(connector: Arc<C>, logs: Logs, device: Handle) -> Self {
        Self { connector, logs, device, queues: HashMap::new(), tasks: JoinSet::new() }
    }

    fn start(&mut self, key: &str) -> mpsc::Sender<Command> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let work = work(Arc::clone(&self.connector), receiver);
        self.tasks.spawn_on(self.logs.collect(work), &self.device);
        self.queues.insert(key.to_owned(), sender.clone());
        sender
    }
}

impl<C> Workers<C> {
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
        match queue.try_send(command) {
            Ok(()) => {}
            Err(TrySendError::Full(command)) => tracing::error!(
                "the command for `{}` is refused: {QUEUE} commands are waiting for it already",
                command.key()
            ),
            Err(TrySendError::Closed(command)) => {
                tracing::error!("the command for `{}` is refused: nobody takes it", command.key());
            }
        }
    }
}

async fn work<C: Connector>(connector: Arc<C>, mut queue: mpsc::Receiver<Command>) {
    while let Some(command) = queue.recv().await {
        let (key, json) = (command.key(), command.json());
        tracing::debug!("sending {json:.1000} to `{key}`");
        if let Err(error) = isolated(connector.send(&command)).await {
            tracing::error!("the command {json:.100} for `{key}` failed: {error:#}");
        }
    }
}
