//! Time: as the bus writes it, as the clocks of this machine show it, and how long to wait.

pub(crate) mod backoff;
mod clock;
mod timestamp;

pub use self::timestamp::Timestamp;
pub(crate) use self::{backoff::Backoff, clock::Now};
