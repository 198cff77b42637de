//! Waiting for the counters of a connector.

use std::time::Duration;

use support::{get, patiently};
use tokio::time::sleep;

/// From one look at the counters to the next.
pub(crate) const PAUSE: Duration = Duration::from_millis(10);

/// Waits until a counter, such as `commands_total`, has reached a number.
pub(crate) async fn until_counted(port: u16, counter: &str, count: usize) {
    let is_counted = async {
        while counted(port, counter).await.is_none_or(|now| now < count) {
            sleep(PAUSE).await;
        }
    };
    patiently(is_counted, || format!("`{counter}` has not reached {count}")).await;
}

async fn counted(port: u16, counter: &str) -> Option<usize> {
    let (_, metrics) = get(port, "/metrics").await?;
    let mut lines = metrics.lines();
    let value = lines
        .find_map(|line| line.strip_prefix("connector_")?.strip_prefix(counter)?.strip_prefix(' '));
    value?.parse().ok()
}
