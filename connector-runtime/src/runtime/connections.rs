//! The open connections of the health server, and the one that gives way to a new one.
//!
//! A client that opens connections and leaves them idle must not keep out a container platform, which would restart
//! a connector that works. Requests are answered at once, so an old connection is one without a request.

use std::net::{IpAddr, SocketAddr};

use tokio::task::AbortHandle;

/// The maximum number of connections from other machines, and likewise of those from this machine.
const MAX: usize = 16;

/// The open connections, from the oldest to the newest.
#[derive(Default)]
pub(super) struct Connections(Vec<(Origin, AbortHandle)>);

/// Where a connection is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    is_local: bool,
    network: IpAddr,
}

impl Origin {
    pub(super) fn of(peer: SocketAddr, own: Option<SocketAddr>) -> Self {
        let ip = peer.ip().to_canonical();
        let is_local = ip.is_loopback() || own.is_some_and(|own| own.ip().to_canonical() == ip);
        Self { is_local, network: network(ip) }
    }
}

impl Connections {
    /// Adds a connection. If there are too many, one of the others is closed.
    pub(super) fn add(&mut self, origin: Origin, task: AbortHandle) {
        self.0.retain(|(_, task)| !task.is_finished());
        let origins: Vec<_> = self.0.iter().map(|(origin, _)| *origin).collect();
        if let Some(index) = in_the_way(&origins, origin) {
            self.0.remove(index).1.abort();
        }
        self.0.push((origin, task));
    }
}

/// Returns the connection that gives way to a new one: the oldest one of the network with the most connections. Those
/// of this machine and those of others do not give way to each other.
fn in_the_way(open: &[Origin], new: Origin) -> Option<usize> {
    let same = || open.iter().enumerate().filter(|(_, it)| it.is_local == new.is_local);
    if same().count() < MAX {
        return None;
    }
    let share = |network| same().filter(|(_, it)| it.network == network).count();
    // Of equal elements, `max_by_key` returns the last one.
    same().rev().max_by_key(|(_, it)| share(it.network)).map(|(index, _)| index)
}

/// The addresses that one client can choose from: with IPv6, those with the same 64 bits (RFC 4291, section 2.5.4).
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => IpAddr::V6((ip.to_bits() >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(peer: &str) -> Origin {
        Origin::of(SocketAddr::new(peer.parse().unwrap(), 1), "10.0.0.1:8080".parse().ok())
    }

    #[test]
    fn the_machine_itself_is_recognised() {
        for peer in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "10.0.0.1"] {
            assert!(origin(peer).is_local, "{peer}");
        }
        for peer in ["10.0.0.2", "::ffff:10.0.0.2", "fe80::1"] {
            assert!(!origin(peer).is_local, "{peer}");
        }
        assert_eq!(origin("2001:db8::1"), origin("2001:db8::ffff:1:2:3"));
        assert_ne!(origin("2001:db8::1"), origin("2001:db8:0:1::1"));
    }

    #[test]
    fn the_oldest_connection_of_the_busiest_client_gives_way() {
        let mut open = vec![origin("10.0.0.2"); 2];
        open.extend([origin("10.0.0.3"); 12]);
        open.push(origin("::1"));
        assert_eq!(in_the_way(&open, origin("10.0.0.4")), None);
        open.extend([origin("10.0.0.4"); 2]);
        assert_eq!(in_the_way(&open, origin("10.0.0.5")), Some(2));
        assert_eq!(in_the_way(&open, origin("::1")), None);
        let local = vec![origin("::1"); MAX];
        assert_eq!(in_the_way(&local, origin("::1")), Some(0));
        assert_eq!(in_the_way(&local, origin("10.0.0.2")), None);
        let each: Vec<_> = (2..18).map(|last| origin(&format!("10.0.0.{last}"))).collect();
        assert_eq!(in_the_way(&each, origin("10.0.0.99")), Some(0));
    }
}
