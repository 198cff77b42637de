//! Free TCP ports.

use std::{
    net::TcpListener,
    process,
    sync::atomic::{AtomicU16, Ordering},
};

/// Below the ports that systems choose for outgoing connections: those would come and go between
/// the stop of a broker and its restart on the same port.
const FIRST: u16 = 15_000;
const COUNT: u16 = 15_000;

/// A port of the loopback interface that nobody listens on; the same is not given twice.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Other test programs that run at the same time begin elsewhere.
    let start = (process::id() % u32::from(COUNT)) * 97 % u32::from(COUNT);
    loop {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let offset = u16::try_from((start + step) % u32::from(COUNT)).expect("less than COUNT");
        let port = FIRST + offset;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
