//! Free TCP ports.

use std::{
    io::{self, ErrorKind},
    net::TcpStream,
    process,
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use tokio::time::sleep;

use super::patiently;

/// Below the ports that systems choose for outgoing connections: those would come and go between
/// the stop of a broker and its restart on the same port.
const FIRST: u16 = 15_000;
const COUNT: u16 = 15_000;

/// From one attempt to bind a port to the next.
const PAUSE: Duration = Duration::from_millis(1);

/// A port of the loopback interface that nobody listens on; the same is not given twice.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Other test programs that run at the same time begin elsewhere.
    let start = (process::id() % u32::from(COUNT)) * 97 % u32::from(COUNT);
    loop {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let offset = u16::try_from((start + step) % u32::from(COUNT)).expect("less than COUNT");
        let port = FIRST + offset;
        // To bind it would be no proof: other threads start programs, and until such a program
        // begins, it has a copy of every socket of this process.
        if TcpStream::connect(("127.0.0.1", port)).is_err() {
            return port;
        }
    }
}

/// Binds a port. One that was just closed may be held for another moment by such a copy.
pub(crate) async fn bound<T, F: Future<Output = io::Result<T>>>(bind: impl Fn() -> F) -> T {
    let bound = async {
        loop {
            match bind().await {
                Err(error) if error.kind() == ErrorKind::AddrInUse => sleep(PAUSE).await,
                bound => return bound.expect("an address of this machine"),
            }
        }
    };
    patiently(bound, || "the port is in use".to_owned()).await
}
