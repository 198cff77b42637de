//! One number after the other.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::mpsc, task::JoinHandle, time::interval};

#[derive(Default)]
struct State {
    said: AtomicU64,
    is_paused: AtomicBool,
}

impl State {
    fn say(&self, numbers: &mpsc::UnboundedSender<u64>) {
        let number = self.said.fetch_add(1, Ordering::Relaxed);
        let _ = numbers.send(number);
    }
}

/// Says one number after the other, until it is stopped.
pub(crate) struct Load {
    state: Arc<State>,
    numbers: mpsc::UnboundedSender<u64>,
    task: JoinHandle<()>,
}

impl Load {
    pub(crate) fn start(numbers: mpsc::UnboundedSender<u64>, every: Duration) -> Self {
        let state = Arc::new(State::default());
        let task = tokio::spawn(say(numbers.clone(), every, Arc::clone(&state)));
        Self { state, numbers, task }
    }

    pub(crate) fn pause(&self, is_paused: bool) {
        self.state.is_paused.store(is_paused, Ordering::Relaxed);
    }

    /// Says so many numbers at once, as a device that has kept them.
    pub(crate) fn burst(&self, count: u64) {
        for _ in 0..count {
            self.state.say(&self.numbers);
        }
    }

    /// How many numbers were said so far.
    pub(crate) fn said(&self) -> u64 {
        self.state.said.load(Ordering::Relaxed)
    }

    /// Stops, and tells how many numbers were said.
    pub(crate) async fn stop(self) -> u64 {
        self.task.abort();
        let _ = self.task.await;
        self.state.said.load(Ordering::Relaxed)
    }
}

async fn say(numbers: mpsc::UnboundedSender<u64>, every: Duration, state: Arc<State>) {
    let mut ticks = interval(every);
    loop {
        ticks.tick().await;
        if !state.is_paused.load(Ordering::Relaxed) {
            state.say(&numbers);
        }
    }
}
