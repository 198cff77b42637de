//! Keeps the connector connected to its broker.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::{
    bus::{
        client::{self, Broken},
        handle::BusHandle,
    },
    mqtt::{Address, Identity, LinkError, OPENING},
    telemetry::Repetition,
    time::{Backoff, backoff::jitter},
};

/// The pauses after a failed attempt. After the longest one, the connector reconnects within 5 s of
/// the broker's return.
const UNREACHABLE: Backoff = Backoff::new(SHORTEST_PAUSE, Duration::from_secs(4));
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);

/// The pauses after a connection that worked, even briefly.
const WAS_ONLINE: Backoff = Backoff::new(SHORTEST_PAUSE, Duration::from_secs(1));

/// The pauses after the broker has refused the connection: somebody must change a setting first,
/// and brokers block clients that try too often.
const REFUSED: Backoff = Backoff::new(SHORTEST_PAUSE, Duration::from_mins(1));

/// A connection that lasted longer than this resets the pauses.
const HEALTHY: Duration = Duration::from_secs(5);

/// Runs one connection, over any stream.
#[cfg(feature = "testing")]
pub(crate) async fn serve_once(
    stream: tokio::io::DuplexStream,
    identity: &Identity,
    bus: &BusHandle,
) -> Result<(), LinkError> {
    client::serve(Box::new(stream), identity, bus).await.map_err(|broken| broken.error)
}

/// Connects repeatedly, until the connector leaves.
pub(crate) async fn keep_connected(address: Address, identity: Identity, bus: &BusHandle) {
    let mut failures = 0;
    let mut failure = Repetition::default();
    loop {
        let began = Instant::now();
        let opened = tokio::select! {
            opened = timeout(OPENING, address.open()) => opened,
            () = bus.leaving() => return,
        };
        let ended = match opened {
            Ok(Ok(stream)) => client::serve(stream, &identity, bus).await,
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(LinkError::Silent(OPENING).into()),
        };
        let Err(Broken { error, was_online }) = ended else { return };
        let online = was_online.then(|| began.elapsed());
        let pause = next_pause(&mut failures, online, error.is_refusal());
        if was_online {
            tracing::warn!("lost the connection to the broker at {address}: {error}");
            failure.clear();
        } else if failure.is_new(&error.to_string()) {
            tracing::error!("cannot connect to the broker at {address}, retrying: {error}");
        } else {
            tracing::debug!("cannot connect to the broker at {address}: {error}");
        }
        tokio::select! {
            () = tokio::time::sleep(jitter(pause)) => {}
            () = bus.leaving() => return,
        }
    }
}

/// Returns the pause after one more failure, by how long the connector was online, if at all, and
/// whether it was refused.
fn next_pause(failures: &mut u32, online: Option<Duration>, is_refused: bool) -> Duration {
    let backoff = match online {
        Some(_) => WAS_ONLINE,
        None if is_refused => REFUSED,
        None => UNREACHABLE,
    };
    let is_healthy = online.is_some_and(|online| online > HEALTHY);
    *failures = if is_healthy { 1 } else { backoff.cap(failures.saturating_add(1)) };
    backoff.pause(*failures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_short_after_a_connection_that_worked() {
        let (moment, hour) = (Duration::from_secs(1), Duration::from_hours(1));
        let next = |mut failures, online, refused| next_pause(&mut failures, online, refused);
        assert_eq!(next(100, None, false), Duration::from_secs(4));
        assert_eq!(next(100, None, true), Duration::from_mins(1));
        assert_eq!(next(100, Some(moment), false), Duration::from_secs(1));
        assert_eq!(next(100, Some(hour), false), SHORTEST_PAUSE);
        assert_eq!(next(0, Some(moment), false), SHORTEST_PAUSE);
    }
}
