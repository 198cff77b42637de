//! The charging stations behind one UDP socket: when each may be asked, and whose answer is whose.

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

/// How long a station is left alone after any request, and after `ena`, which takes its time.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_AFTER_ENA: Duration = Duration::from_secs(2);

/// How many datagrams wait for somebody who waits for an answer; more are not needed.
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
    /// Where it was when it was last asked: names may move.
    address: Mutex<Option<IpAddr>>,
    heard: mpsc::Sender<String>,
    turn: sync::Mutex<Turn>,
}

/// What the one has who asks a station.
struct Turn {
    heard: mpsc::Receiver<String>,
    not_before: Instant,
}

impl Stations {
    /// Stations at these hosts, which listen at this port and answer to this socket.
    pub(crate) fn new(
        socket: UdpSocket,
        hosts: &BTreeMap<String, String>,
        port: u16,
        patience: Duration,
    ) -> Self {
        let station = |(name, host): (&String, &String)| (name.clone(), Station::new(host.clone()));
        Self { socket, by_name: hosts.iter().map(station).collect(), port, patience }
    }

    /// Waits for the next datagram; none if it came from somebody else.
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

    /// Asks all stations for their reports, side by side; the error tells of all that do not answer.
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

    /// Has a station do something.
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

    /// Asks a station when it is ready for that, and gives its answer.
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
    /// Waits for the answer to a request, past all else that the station says.
    async fn answer(&mut self, request: &str) -> Option<String> {
        loop {
            let text = self.heard.recv().await?;
            if Content::of(&text).is_ok_and(|content| content.answers(request)) {
                return Some(text);
            }
        }
    }
}
