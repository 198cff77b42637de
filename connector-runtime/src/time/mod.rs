//! Time: timestamps on the bus, the clocks of this machine, and pauses between retries.

pub(crate) mod backoff;
mod clock;
mod paced;
mod timestamp;

pub(crate) use tokio::time::Instant;

pub use self::timestamp::Timestamp;
pub(crate) use self::{backoff::Backoff, clock::Now, paced::Paced};
