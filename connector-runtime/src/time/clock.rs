//! What time it is.

use tokio::time::Instant;

use crate::time::timestamp::Timestamp;

/// What time it is, by the clock on the wall and by one that only goes forward.
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
