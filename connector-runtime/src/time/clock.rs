//! The current time.

use tokio::time::Instant;

use crate::time::timestamp::Timestamp;

/// The current time on the wall clock and on a monotonic clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) wall: Timestamp,
    pub(crate) instant: Instant,
}

impl Now {
    pub(crate) fn read() -> Self {
        Self { wall: Timestamp::now(), instant: Instant::now() }
    }
}
