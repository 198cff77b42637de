//! The charging stations behind one UDP socket: spaces out the requests to each, and assigns the answers.

use std::{
    collections::BTreeMap,
    fmt::Display,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
};

use connector_runtime::prelude::*;
use futures_util::future::join_all;
use tokio::{
    net::{UdpSocket, lookup_host},
    sync::{self, mpsc},
    time::{Instant, sleep_until, timeout},
};

use crate::datagram::{Content, Datagram};

/// The pause after any request to a station, and after `ena`, which takes longer.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_AFTER_ENA: Duration = Duration::from_secs(2);

/// The number of datagrams that are kept for a call that waits for an answer.
const WAITING: usize = 16;

/// All stations, each under its name.
pub(crate) struct Stations {
    socket: UdpSocket,
    by_name: BTreeMap<String, Station>,
    port: u16,
    patience: Duration,
}

/// One station. It serves one request at a time.
struct Station {
    host: String,
    /// Its address at the last request, because the address of a name can change.
    address: Mutex<Option<IpAddr>>,
    heard: mpsc::Sender<String>,
    turn: sync::Mutex<Turn>,
}

/// The side of a station that belongs to the current request.
struct Turn {
    heard: mpsc::Receiver<String>,
    not_before: Instant,
}

impl Stations {
    /// Creates the stations at these hosts, which listen on this port and answer to this socket.
    pub(crate) fn new(
        socket: UdpSocket,
        hosts: &BTreeMap<String, String>,
        port: u16,
        patience: Duration,
    ) -> Self {
        let station = |(name, host): (&String, &String)| (name.clone(), Station::new(host.clone()));
        Self { socket, by_name: hosts.iter().map(station).collect(), port, patience }
    }

    /// Waits for the next datagram; `None` if it is not from a station.
    pub(crate) async fn next(&self) -> Result<Option<Datagram>> {
        let mut buffer = [0; 2048];
        let (length, sender) = self.socket.recv_from(&mut buffer).await?;
        let is_sender = |(_, station): &(_, &Station)| station.is_at(sender.ip());
        let Some((name, station)) = self.by_name.iter().find(is_sender) else { return Ok(None) };
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        // Without anybody who asks the queue fills up: what is in it is passed over later.
        let _ = station.heard.try_send(text.clone());
        Ok(Some(Datagram { station: name.clone(), text }))
    }

    /// Requests the reports of all stations concurrently. The error lists all that do not answer.
    pub(crate) async fn poll(&self) -> Result<()> {
        let polls = self.by_name.keys().map(|name| self.reports(name));
        let errors = join_all(polls).await.into_iter().filter_map(Result::err);
        let errors: Vec<_> = errors.map(|error| format!("{error:#}")).collect();
        ensure!(errors.is_empty(), "{}", errors.join("; "));
        Ok(())
    }

    async fn reports(&self, name: &str) -> Result<()> {
        for report in ["report 1", "report 2", "report 3"] {
            self.ask(name, report).await?;
        }
        Ok(())
    }

    /// Sends a command to a station, and checks its reply.
    pub(crate) async fn command(
        &self,
        name: &str,
        command: &str,
        value: impl Display,
    ) -> Result<()> {
        let request = format!("{command} {value}");
        let reply = self.ask(name, &request).await?;
        ensure!(reply.starts_with("TCH-OK"), "{name} refuses `{request}`: {}", reply.trim_end());
        Ok(())
    }

    /// Sends a request as soon as the station is ready, and returns its answer.
    async fn ask(&self, name: &str, request: &str) -> Result<String> {
        let station = self.by_name.get(name).with_context(|| format!("there is no {name}"))?;
        let mut turn = station.turn.lock().await;
        sleep_until(turn.not_before).await;
        let to = station.find(self.port).await.with_context(|| format!("cannot find {name}"))?;
        while turn.heard.try_recv().is_ok() {}
        self.socket.send_to(request.as_bytes(), to).await?;
        let pause = if request.starts_with("ena ") { PAUSE_AFTER_ENA } else { PAUSE };
        turn.not_before = Instant::now() + pause;
        let answer = timeout(self.patience, turn.answer(request)).await;
        let answer = answer.ok().flatten();
        answer.with_context(|| format!("{name} at {to} does not answer `{request}`"))
    }
}

impl Station {
    fn new(host: String) -> Self {
        let (sender, heard) = mpsc::channel(WAITING);
        let turn = sync::Mutex::new(Turn { heard, not_before: Instant::now() });
        Self { host, address: Mutex::default(), heard: sender, turn }
    }

    fn is_at(&self, address: IpAddr) -> bool {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) == Some(address)
    }

    async fn find(&self, port: u16) -> Result<SocketAddr> {
        let mut found = lookup_host((&*self.host, port)).await?;
        let found = found.find(SocketAddr::is_ipv4).context("it has no IPv4 address")?;
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.ip());
        Ok(found)
    }
}

impl Turn {
    /// Waits for the answer to a request, and skips other datagrams of the station.
    async fn answer(&mut self, request: &str) -> Option<String> {
        loop {
            let text = self.heard.recv().await?;
            if Content::of(&text).is_ok_and(|content| content.answers(request)) {
                return Some(text);
            }
        }
    }
}
