//! The health endpoints (HTTP), for people, container platforms and Prometheus.
//!
//! | path | 200 | 503 |
//! |---|---|---|
//! | `/healthz` | the connector works | a device function will probably never return: restart the connector |
//! | `/readyz` | the broker and the device are connected, and the data is fresh | one of these conditions is not met |
//! | `/metrics` | all metrics, for Prometheus | |

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::CONTENT_TYPE,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinSet, yield_now},
    time::{sleep, timeout},
};

use crate::{
    bus::BusHandle,
    device::Vitals,
    runtime::connections::{Connections, Origin},
    telemetry::{Repetition, metrics::Snapshot},
};

/// The pause before a port that is in use is retried: a previous process may still be exiting.
const PAUSE: Duration = Duration::from_secs(5);

/// The pause after a connection could not be accepted, for example because too many files are open.
const ACCEPTING: Duration = Duration::from_millis(100);

/// The time limit of a connection, from its beginning until its one request is answered.
const PATIENCE: Duration = Duration::from_secs(10);

/// The maximum number of bytes of a request's head, the least that hyper supports.
const MAX_HEAD: usize = 8192;

const PLAIN: &str = "text/plain; charset=utf-8";

/// The format of [`Metrics::text`](crate::telemetry::metrics::Metrics::text).
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The two parts of a running connector's state: its bus and its device.
pub(crate) struct Picture {
    pub(crate) bus: Arc<BusHandle>,
    pub(crate) vitals: Arc<Vitals>,
}

impl Picture {
    /// Returns the state of the connector, and why it is not ready, if it is not.
    fn snapshot(&self) -> (Snapshot, Option<String>) {
        let mut now = self.bus.protocol().snapshot();
        now.lost_logs = self.bus.lost_logs();
        now.device_is_connected = self.vitals.is_connected();
        now.message_age = self.vitals.calls.age().map(|age| age.as_secs_f64());
        let trouble = if !now.broker_is_connected {
            Some("there is no connection to the broker".to_owned())
        } else if !now.device_is_connected {
            Some("there is no connection to the device".to_owned())
        } else {
            self.vitals.calls.stale().map(|source| format!("the data of `{source}` is too old"))
        };
        now.is_ready = trouble.is_none();
        (now, trouble)
    }

    /// Returns the name of a device function that will probably never return.
    fn stuck(&self) -> Option<String> {
        self.vitals.calls.stuck()
    }
}

/// Serves requests for as long as the connector runs.
pub(crate) async fn serve(address: SocketAddr, picture: Arc<Picture>) {
    let listener = listen(address).await;
    let (mut tasks, mut connections) = (JoinSet::new(), Connections::default());
    loop {
        match listener.accept().await {
            Ok((connection, peer)) => {
                let origin = Origin::of(peer, connection.local_addr().ok());
                let picture = Arc::clone(&picture);
                let task = tasks.spawn(async move {
                    let _ = timeout(PATIENCE, serve_connection(connection, &picture)).await;
                });
                connections.add(origin, task);
            }
            Err(error) => {
                tracing::debug!("HEALTH_ADDR: {error}");
                sleep(ACCEPTING).await;
            }
        }
        while tasks.try_join_next().is_some() {}
        // Answers requests that have arrived already, before further connections are accepted.
        yield_now().await;
    }
}

async fn listen(address: SocketAddr) -> TcpListener {
    let mut failure = Repetition::default();
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => {
                let address = listener.local_addr().unwrap_or(address);
                tracing::info!("serving /healthz, /readyz and /metrics on http://{address}");
                return listener;
            }
            Err(error) if failure.is_new(&error.kind().to_string()) => {
                tracing::error!("cannot listen on HEALTH_ADDR={address}, retrying: {error}");
            }
            Err(_) => {}
        }
        sleep(PAUSE).await;
    }
}

async fn serve_connection(connection: TcpStream, picture: &Picture) -> io::Result<()> {
    let service = service_fn(|request: Request<Incoming>| async move {
        Ok::<_, Infallible>(answer(request.method(), request.uri().path(), picture))
    });
    let mut server = http1::Builder::new();
    let server = server.keep_alive(false).max_buf_size(MAX_HEAD);
    server.serve_connection(TokioIo::new(connection), service).await.map_err(io::Error::other)
}

fn answer(method: &Method, path: &str, picture: &Picture) -> Response<Full<Bytes>> {
    if method != Method::GET && method != Method::HEAD {
        return text(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD are supported\n".to_owned(),
        );
    }
    match path {
        "/healthz" => state(picture.stuck().map(|name| format!("`{name}` does not return"))),
        "/readyz" => state(picture.snapshot().1),
        "/metrics" => {
            let (now, _) = picture.snapshot();
            let mut response = text(StatusCode::OK, picture.bus.metrics.text(&now));
            let value = hyper::header::HeaderValue::from_static(OPEN_METRICS);
            response.headers_mut().insert(CONTENT_TYPE, value);
            response
        }
        _ => {
            text(StatusCode::NOT_FOUND, "not found: use /healthz, /readyz or /metrics\n".to_owned())
        }
    }
}

fn state(trouble: Option<String>) -> Response<Full<Bytes>> {
    match trouble {
        None => text(StatusCode::OK, "ok\n".to_owned()),
        Some(trouble) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{trouble}\n")),
    }
}

fn text(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    let value = hyper::header::HeaderValue::from_static(PLAIN);
    response.headers_mut().insert(CONTENT_TYPE, value);
    response
}
