//! The state of the device part: whether there is a session, and how its functions behave.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use crate::{device::calls::Calls, telemetry::metrics::Metrics};

/// The state of a connector's device part.
#[derive(Debug)]
pub(crate) struct Vitals {
    pub(crate) calls: Calls,
    is_connected: AtomicBool,
}

impl Vitals {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        Self { calls: Calls::new(metrics), is_connected: AtomicBool::new(false) }
    }

    /// Returns whether there is a session with the device.
    pub(crate) fn is_connected(&self) -> bool {
        self.is_connected.load(Relaxed)
    }

    pub(super) fn set_connected(&self, is_connected: bool) {
        self.is_connected.store(is_connected, Relaxed);
    }
}
