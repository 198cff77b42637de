//! Mailboxes between the bus and the device, one for each actuator.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use crate::{
    command::{
        queue::{Arrival, CommandQueue},
        refusal::Refusal,
    },
    datapoint::{Actuator, Command},
    time::Now,
};

/// All mailboxes. A mailbox is never removed, so that an actuator that disappears and returns keeps
/// its state.
#[derive(Debug, Default)]
pub(crate) struct Mailboxes {
    all: Mutex<All>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct All {
    by_key: HashMap<String, Arc<Mailbox>>,
    /// Mailboxes without a sender so far.
    new: Vec<Arc<Mailbox>>,
    is_closed: bool,
}

/// The commands of one actuator.
#[derive(Debug)]
pub(crate) struct Mailbox {
    pub(crate) key: String,
    queue: Mutex<CommandQueue>,
    changed: Notify,
}

impl Mailboxes {
    /// Replaces the set of actuators.
    pub(crate) fn set(&self, actuators: &[Actuator]) {
        let mut all = self.all();
        if all.is_closed {
            return;
        }
        let keys: HashSet<_> = actuators.iter().map(|actuator| &*actuator.key).collect();
        for mailbox in all.by_key.values() {
            if !keys.contains(&*mailbox.key) {
                mailbox.change(CommandQueue::leave);
            }
        }
        for actuator in actuators {
            let rules = actuator.rules().clone();
            if let Some(mailbox) = all.by_key.get(&*actuator.key) {
                mailbox.change(|queue| queue.set_rules(rules));
                continue;
            }
            let key = actuator.key.to_string();
            let queue = Mutex::new(CommandQueue::new(rules, Instant::now()));
            let mailbox = Arc::new(Mailbox { key, queue, changed: Notify::new() });
            all.by_key.insert(mailbox.key.clone(), Arc::clone(&mailbox));
            all.new.push(mailbox);
        }
        self.changed.notify_one();
    }

    /// Offers a command, without waiting. Returns the waiting commands that it replaces.
    pub(crate) fn offer(&self, arrival: Arrival, now: Now) -> Result<Vec<Command>, Refusal> {
        let key = arrival.command.key();
        let mailbox = self.all().by_key.get(key).cloned();
        let mailbox = mailbox.ok_or_else(|| Refusal::Unknown(key.to_owned()))?;
        mailbox.change(|queue| queue.offer(arrival, now))
    }

    /// Waits for a mailbox that has no sender yet. Returns none once the mailboxes are closed.
    pub(crate) async fn next(&self) -> Option<Arc<Mailbox>> {
        loop {
            {
                let mut all = self.all();
                let next = all.new.pop();
                if next.is_some() || all.is_closed {
                    return next;
                }
            }
            self.changed.notified().await;
        }
    }

    /// Stops accepting commands; waiting ones are still sent.
    pub(crate) fn close(&self) {
        let mut all = self.all();
        all.is_closed = true;
        for mailbox in all.by_key.values() {
            mailbox.change(CommandQueue::stop);
        }
        self.changed.notify_one();
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mailbox {
    pub(crate) fn queue(&self) -> MutexGuard<'_, CommandQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, action: impl FnOnce(&mut CommandQueue) -> T) -> T {
        let result = action(&mut self.queue());
        self.changed.notify_one();
        result
    }

    /// Waits until this time, or until the queue changes.
    pub(crate) async fn changed(&self, until: Option<Instant>) {
        let time = async {
            match until {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.changed.notified() => {}
            () = time => {}
        }
    }
}
