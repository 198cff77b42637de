//! Signals to a process, by its id.

use tokio::process::{Child, Command};

/// Sends a signal, such as `TERM`, to a child that has not been waited for.
pub(crate) async fn send(signal: &str, child: &Child) {
    let id = child.id().expect("it has not been waited for").to_string();
    let sent = Command::new("kill").args(["-s", signal, &id]).status().await;
    assert!(sent.expect("install `kill`").success(), "cannot send {signal} to {id}");
}
