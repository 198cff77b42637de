//! Signals to a process, by its id.

use std::fs;

use tokio::process::{Child, Command};

/// The signals that stop a connector. SIGHUP is none of them where this process ignores it, as under `nohup`: the
/// connectors inherit that.
pub fn stop_signals() -> Vec<&'static str> {
    let ignored = mask("self", "SigIgn:");
    let signals = ["TERM", "INT", "HUP"].into_iter();
    signals.filter(|signal| *signal != "HUP" || ignored & 1 == 0).collect()
}

/// A mask of signals in the status of a process: the lowest bit is that of signal 1.
pub(crate) fn mask(process: &str, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("Linux tells of it");
    let mask = status.lines().find_map(|line| line.strip_prefix(name)).expect("a mask");
    u64::from_str_radix(mask.trim(), 16).expect("a hexadecimal number")
}

/// Sends a signal, such as `TERM`, to a child that has not been waited for.
pub(crate) async fn send(signal: &str, child: &Child) {
    let id = child.id().expect("it has not been waited for").to_string();
    let sent = Command::new("kill").args(["-s", signal, &id]).status().await;
    assert!(sent.expect("install `kill`").success(), "cannot send {signal} to {id}");
}
