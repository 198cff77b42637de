//! The device side: a hybrid inverter with smart meter and storage, as an HTTP server that speaks the
//! Solar API V1.

mod documents;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, StatusCode, header},
    serve::Listener,
};
use serde_json::{Value, json};
use tokio::{
    io,
    net::{TcpListener, TcpStream},
    sync::watch,
};

pub(crate) const POWER_FLOW: &str = "GetPowerFlowRealtimeData.fcgi";
pub(crate) const INVERTER: &str = "GetInverterRealtimeData.cgi";
pub(crate) const METERS: &str = "GetMeterRealtimeData.cgi";
pub(crate) const STORAGES: &str = "GetStorageRealtimeData.cgi";

/// A plant that answers on a free port of the loopback interface.
pub(crate) struct Simulator {
    address: SocketAddr,
    plant: Arc<Plant>,
}

/// What is measured, in watts and percent, with the signs of the Solar API.
#[derive(Clone, Copy)]
pub(crate) struct Power {
    pub(crate) produced: f64,
    pub(crate) from_battery: f64,
    pub(crate) consumed: f64,
    pub(crate) charge: f64,
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

struct Plant {
    power: Mutex<Power>,
    is_away: Mutex<bool>,
    faults: watch::Sender<HashMap<&'static str, Fault>>,
    /// How many requests are being answered, and how many were at most.
    requests: watch::Sender<(usize, usize)>,
}

impl Simulator {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let power =
            Power { produced: 4100.0, from_battery: -1500.0, consumed: 900.0, charge: 55.0 };
        let plant = Arc::new(Plant {
            power: Mutex::new(power),
            is_away: Mutex::new(false),
            faults: watch::Sender::default(),
            requests: watch::Sender::default(),
        });
        let door = Door { listener, plant: Arc::clone(&plant) };
        let router = Router::new().fallback(answer).with_state(Arc::clone(&plant));
        tokio::spawn(async move { axum::serve(door, router).await });
        Ok(Self { address, plant })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/solar_api/v1/{POWER_FLOW}", self.address)
    }

    pub(crate) fn power(&self) -> MutexGuard<'_, Power> {
        lock(&self.plant.power)
    }

    /// Lets something go wrong with a document, or nothing any more.
    pub(crate) fn fault(&self, document: &'static str, fault: impl Into<Option<Fault>>) {
        self.plant.faults.send_modify(|faults| {
            match fault.into() {
                Some(fault) => faults.insert(document, fault),
                None => faults.remove(document),
            };
        });
    }

    /// While the device is away it breaks every connection.
    pub(crate) fn is_away(&self, is_away: bool) {
        *lock(&self.plant.is_away) = is_away;
    }

    /// Waits until so many requests are being answered at least.
    pub(crate) async fn is_busy_with(&self, requests: usize) {
        let mut changes = self.plant.requests.subscribe();
        // The plant, which has the sender, is still there.
        let _ = changes.wait_for(|&(now, _)| now >= requests).await;
    }

    /// How many requests were being answered at the same time at most.
    pub(crate) fn most_requests(&self) -> usize {
        self.plant.requests.borrow().1
    }
}

/// Where connections come in.
struct Door {
    listener: TcpListener,
    plant: Arc<Plant>,
}

impl Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let accepted = Listener::accept(&mut self.listener).await;
            if !*lock(&self.plant.is_away) {
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

async fn answer(State(plant): State<Arc<Plant>>, request: Request) -> Answer {
    let _counted = Counted::new(&plant);
    let path = request.uri().path().strip_prefix("/solar_api/v1/").unwrap_or_default();
    let query = request.uri().query().unwrap_or_default();
    let (status, body) = plant.document(path, query).await;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CONNECTION, "close")];
    (status, headers, body)
}

impl Plant {
    async fn document(&self, path: &str, query: &str) -> (StatusCode, String) {
        let mut faults = self.faults.subscribe();
        let is_silent = |faults: &HashMap<_, _>| matches!(faults.get(path), Some(Fault::Silence));
        let _ = faults.wait_for(|faults| !is_silent(faults)).await;
        let fault = faults.borrow().get(path).cloned();
        let arguments: HashMap<_, _> =
            query.split('&').filter_map(|argument| argument.split_once('=')).collect();
        let (code, reason, data) = match fault {
            Some(Fault::Http(status, text)) => return (status, text.to_owned()),
            Some(Fault::Garbage(text)) => return (StatusCode::OK, text),
            Some(Fault::Status(code, reason)) => (code, reason, json!({})),
            Some(Fault::Silence) | None => match self.data(path, &arguments) {
                Ok(data) => (0, "", data),
                Err(Refusal::Arguments) => (6, "invalid arguments", json!({})),
                Err(Refusal::NotFound) => return (StatusCode::NOT_FOUND, "404".to_owned()),
            },
        };
        let status = json!({"Code": code, "Reason": reason, "UserMessage": ""});
        let head = json!({
            "RequestArguments": arguments,
            "Status": status,
            "Timestamp": "2026-06-13T12:52:10+00:00",
        });
        (StatusCode::OK, json!({"Body": {"Data": data}, "Head": head}).to_string())
    }

    fn data(&self, path: &str, arguments: &HashMap<&str, &str>) -> Result<Value, Refusal> {
        let power = *lock(&self.power);
        let argument = |name| arguments.get(name).copied();
        match (path, argument("Scope")) {
            (POWER_FLOW, None) => Ok(documents::power_flow(power)),
            (INVERTER, Some("Device"))
                if argument("DeviceId") == Some("1")
                    && argument("DataCollection") == Some("CommonInverterData") =>
            {
                Ok(documents::inverter(power))
            }
            (METERS, Some("System")) => Ok(json!({"0": documents::meter(power)})),
            (STORAGES, Some("System")) => Ok(json!({"0": documents::storage(power)})),
            (INVERTER | METERS | STORAGES, _) => Err(Refusal::Arguments),
            _ => Err(Refusal::NotFound),
        }
    }
}

enum Refusal {
    Arguments,
    NotFound,
}

/// A request that is being answered.
struct Counted<'a>(&'a Plant);

impl<'a> Counted<'a> {
    fn new(plant: &'a Plant) -> Self {
        plant.requests.send_modify(|(now, most)| (*now, *most) = (*now + 1, (*now + 1).max(*most)));
        Self(plant)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.requests.send_modify(|(now, _)| *now -= 1);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics while it is locked")
}
