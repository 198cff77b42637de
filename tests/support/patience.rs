//! How long a test waits for what should happen.

use std::time::Duration;

use tokio::time::timeout;

/// How long anything may take that should happen, on a machine that has much else to do.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Awaits something that should happen; otherwise panics with what was there instead.
pub async fn patiently<T>(future: impl Future<Output = T>, instead: impl Fn() -> String) -> T {
    match timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(elapsed) => panic!("after {} s: {elapsed}: {}", PATIENCE.as_secs(), instead()),
    }
}
