//! Time: timestamps on the bus, the clocks of this machine, and pauses between retries.

pub(crate) mod backoff;
mod clock;
mod timestamp;

pub use self::timestamp::Timestamp;
pub(crate) use self::{backoff::Backoff, clock::Now};
