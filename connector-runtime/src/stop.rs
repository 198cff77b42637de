//! When to stop: the signals of the operating system.

use std::io;

/// Waits for SIGTERM or SIGINT (Ctrl-C); gives the name of what came.
#[cfg(unix)]
pub(crate) async fn signal() -> io::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    })
}

/// Waits for Ctrl-C; gives its name.
#[cfg(not(unix))]
pub(crate) async fn signal() -> io::Result<&'static str> {
    tokio::signal::ctrl_c().await.map(|()| "Ctrl-C")
}
