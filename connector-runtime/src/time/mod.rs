//! Time: timestamps on the bus, the clocks of this machine, and pauses between retries.

mod allowance;
pub(crate) mod backoff;
mod clock;
mod timestamp;

pub use self::timestamp::Timestamp;
pub(crate) use self::{allowance::Allowance, backoff::Backoff, clock::Now};
