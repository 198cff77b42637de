//! The plant as an HTTP server on which anything can go wrong.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, StatusCode, header},
    serve::Listener,
};
use serde_json::json;
use tokio::{
    io,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::simulator::{FOLDER, POWER_FLOW, Plant, Power, wrapped};

/// A server on a free port of the loopback interface.
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<Shared>,
}

/// What goes wrong with one document.
#[derive(Clone)]
pub(crate) enum Fault {
    /// The device reports an error.
    Status(u16, &'static str),
    /// The web server reports an error.
    Http(StatusCode, &'static str),
    /// The answer is something else.
    Garbage(String),
    /// There is no answer until the fault is over.
    Silence,
}

#[derive(Default)]
struct Shared {
    plant: Plant,
    is_away: Mutex<bool>,
    faults: watch::Sender<HashMap<&'static str, Fault>>,
    /// How many requests are being answered, and how many were at most.
    requests: watch::Sender<(usize, usize)>,
}

impl Server {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::<Shared>::default();
        let door = Door { listener, state: Arc::clone(&state) };
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(door, router).await });
        Ok(Self { address, state })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}{FOLDER}{POWER_FLOW}", self.address)
    }

    pub(crate) fn power(&self) -> MutexGuard<'_, Power> {
        self.state.plant.power()
    }

    /// Lets something go wrong with a document, or nothing any more.
    pub(crate) fn fault(&self, document: &'static str, fault: impl Into<Option<Fault>>) {
        self.state.faults.send_modify(|faults| {
            match fault.into() {
                Some(fault) => faults.insert(document, fault),
                None => faults.remove(document),
            };
        });
    }

    /// While the device is away it breaks every connection.
    pub(crate) fn is_away(&self, is_away: bool) {
        *self.state.is_away() = is_away;
    }

    /// Waits until so many requests are being answered at least.
    pub(crate) async fn is_busy_with(&self, requests: usize) {
        let mut changes = self.state.requests.subscribe();
        // The state, which has the sender, is still there.
        let _ = changes.wait_for(|&(now, _)| now >= requests).await;
    }

    /// How many requests were being answered at the same time at most.
    pub(crate) fn most_requests(&self) -> usize {
        self.state.requests.borrow().1
    }
}

/// Where connections come in.
struct Door {
    listener: TcpListener,
    state: Arc<Shared>,
}

impl Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let accepted = Listener::accept(&mut self.listener).await;
            if !*self.state.is_away() {
                return accepted;
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Each connection is closed after its answer, so that none outlives the presence of the device.
type Answer = (StatusCode, [(HeaderName, &'static str); 2], String);

async fn answer(State(state): State<Arc<Shared>>, request: Request) -> Answer {
    let _counted = Counted::new(&state);
    let document = request.uri().path().strip_prefix(FOLDER).unwrap_or_default();
    let query = request.uri().query().unwrap_or_default();
    let (status, body) = state.answer(document, query).await;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CONNECTION, "close")];
    (status, headers, body)
}

impl Shared {
    async fn answer(&self, document: &str, query: &str) -> (StatusCode, String) {
        let mut faults = self.faults.subscribe();
        let is_silent =
            |faults: &HashMap<_, _>| matches!(faults.get(document), Some(Fault::Silence));
        let _ = faults.wait_for(|faults| !is_silent(faults)).await;
        let fault = faults.borrow().get(document).cloned();
        match fault {
            Some(Fault::Http(status, text)) => (status, text.to_owned()),
            Some(Fault::Garbage(text)) => (StatusCode::OK, text),
            Some(Fault::Status(code, reason)) => {
                (StatusCode::OK, wrapped(query, (code, reason), &json!({})))
            }
            Some(Fault::Silence) | None => self.plant.answer(document, query),
        }
    }

    fn is_away(&self) -> MutexGuard<'_, bool> {
        self.is_away.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being answered.
struct Counted<'a>(&'a Shared);

impl<'a> Counted<'a> {
    fn new(state: &'a Shared) -> Self {
        state.requests.send_modify(|(now, most)| (*now, *most) = (*now + 1, (*now + 1).max(*most)));
        Self(state)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.requests.send_modify(|(now, _)| *now -= 1);
    }
}
