//! Free TCP ports.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{net::TcpSocket, time::sleep};

use super::patience::patiently;

/// From one attempt to bind a port to the next.
const PAUSE: Duration = Duration::from_millis(1);

/// A port of the loopback interface that nobody listens on.
///
/// It is bound, and stays so as long as the test program runs: the system gives it to nobody else, and
/// neither to a connection while a broker is away from it. Linux lets another socket bind it, too, and
/// listen, if both allow the reuse of addresses, as all listeners here do.
pub fn free_port() -> u16 {
    static HELD: Mutex<Vec<TcpSocket>> = Mutex::new(Vec::new());
    let bind = || {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let port = socket.local_addr()?.port();
        HELD.lock().unwrap_or_else(PoisonError::into_inner).push(socket);
        io::Result::Ok(port)
    };
    bind().expect("a free port")
}

/// Binds a port. One that was just closed may be held for another moment by a program that is being started:
/// until it begins, it has a copy of every socket of this process.
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
