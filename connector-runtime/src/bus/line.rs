//! The line to the broker: how slow it may be.

use std::time::Duration;

/// The slowest supported line, in bytes per second: data in flight gets more time to be answered,
/// because it may wait in buffers along the way. A transfer that is slower is not a sign of life.
pub(super) const SLOWEST: u32 = 8 << 10;

/// The maximum number of bytes in these buffers for which there is more time.
pub(super) const BUFFERED: usize = 512 << 10;

/// Returns how long this many bytes take on the slowest line.
pub(super) fn time_for(bytes: usize) -> Duration {
    Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX) / SLOWEST
}
