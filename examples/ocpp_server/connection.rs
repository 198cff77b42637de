//! The conversation with one charge point.

use std::time::Duration;

use connector_runtime::prelude::*;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
    time::{Instant, interval, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        Message as Data,
        handshake::server::{Request, Response},
        http::HeaderValue,
        protocol::WebSocketConfig,
    },
};

use crate::{
    message::{Event, Message, Question},
    protocol::Frame,
    stations::Stations,
};

const SUBPROTOCOL: &str = "ocpp1.6";

/// The maximum size of a message, in bytes. A charge point that sends a larger one is disconnected.
const MAX_FRAME: usize = 1 << 20;

/// The time limit for the handshake, and for sending a frame.
const PATIENCE: Duration = Duration::from_secs(10);

/// The interval of pings. A charge point that has not answered the last one when the next is due is
/// disconnected.
const PING: Duration = Duration::from_secs(30);

/// Serves a charge point for as long as it is connected.
pub(crate) async fn serve(
    stream: TcpStream,
    stations: &Stations,
    messages: &mpsc::Sender<Message>,
) -> Result<()> {
    let greeted = timeout(PATIENCE, greet(stream)).await.context("no WebSocket handshake")?;
    let (socket, station) = greeted?;
    let mut questions = stations.join(&station);
    let (heard, pending) = (Instant::now(), None);
    let mut connection = Connection { socket, station, stations, messages, heard, pending };
    connection.tell(Event::Connected(true)).await?;
    let ended = connection.converse(&mut questions).await;
    if stations.leave(&connection.station, questions) {
        connection.tell(Event::Connected(false)).await?;
    }
    ended.with_context(|| format!("{} is disconnected", connection.station))
}

/// The handshake: the path ends with the charge point's id, and the protocol must be agreed.
#[allow(clippy::result_large_err, reason = "the callback's error is tungstenite's")]
async fn greet(stream: TcpStream) -> Result<(WebSocketStream<TcpStream>, String)> {
    stream.set_nodelay(true)?;
    let (mut path, mut is_agreed) = (String::new(), false);
    let agree = |request: &Request, mut response: Response| {
        request.uri().path().clone_into(&mut path);
        let offers = request.headers().get_all("Sec-WebSocket-Protocol").into_iter();
        let mut offers = offers.filter_map(|offer| offer.to_str().ok()).flat_map(|o| o.split(','));
        is_agreed = offers.any(|offer| offer.trim() == SUBPROTOCOL);
        if is_agreed {
            let agreed = HeaderValue::from_static(SUBPROTOCOL);
            response.headers_mut().insert("Sec-WebSocket-Protocol", agreed);
        }
        Ok(response)
    };
    let config = WebSocketConfig::default().max_message_size(Some(MAX_FRAME));
    let mut socket = accept_hdr_async_with_config(stream, agree, Some(config)).await?;
    let path = path.trim_end_matches('/');
    let station = percent_decoded(path.rsplit('/').next().unwrap_or_default());
    if !is_agreed || station.is_empty() {
        socket.close(None).await?;
        bail!("a charge point connects to ws://.../ID with the subprotocol {SUBPROTOCOL}");
    }
    Ok((socket, station))
}

struct Connection<'a> {
    socket: WebSocketStream<TcpStream>,
    station: String,
    stations: &'a Stations,
    messages: &'a mpsc::Sender<Message>,
    heard: Instant,
    /// The id of the pending request, and the call that waits for its answer. OCPP-J allows one at a time
    /// (section 4.1.1).
    pending: Option<(String, oneshot::Sender<Frame>)>,
}

impl Connection<'_> {
    /// Runs until the charge point disconnects, or connects again.
    async fn converse(&mut self, questions: &mut mpsc::Receiver<Question>) -> Result<()> {
        let mut pings = interval(PING);
        loop {
            tokio::select! {
                data = self.socket.next() => {
                    let Some(data) = data else { return Ok(()) };
                    self.hear(data?).await?;
                }
                question = questions.recv(), if self.pending.is_none() => {
                    let Some(question) = question else { return Ok(()) };
                    self.ask(question).await?;
                }
                () = given_up(&mut self.pending) => self.pending = None,
                _ = pings.tick() => {
                    ensure!(self.heard.elapsed() < PING * 2, "it is silent");
                    self.send(Data::Ping(Vec::new().into())).await?;
                }
            }
        }
    }

    async fn hear(&mut self, data: Data) -> Result<()> {
        self.heard = Instant::now();
        let text = match data {
            Data::Text(text) => text.as_str().to_owned(),
            Data::Binary(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            _ => return Ok(()),
        };
        match Frame::read(&text) {
            Ok(Frame::Call(call)) => {
                let answer = self.stations.answer(&self.station, &call);
                self.send(Data::text(answer)).await?;
            }
            Ok(answer) => {
                if let Some((_, asker)) = self.pending.take_if(|(id, _)| answer.id() == id) {
                    // A caller that is gone has reached its time limit.
                    let _ = asker.send(answer);
                }
            }
            // The parser reports the problem.
            Err(_) => {}
        }
        self.tell(Event::Frame(text)).await
    }

    async fn tell(&self, event: Event) -> Result<()> {
        let charge_point = self.station.clone();
        self.messages.send(Message { charge_point, event }).await.context("nobody listens")
    }

    async fn ask(&mut self, question: Question) -> Result<()> {
        let id = self.stations.question_id();
        let frame = json!([2, id, question.action, question.payload]);
        self.pending = Some((id, question.answer));
        self.send(Data::text(frame.to_string())).await
    }

    async fn send(&mut self, data: Data) -> Result<()> {
        let sent = timeout(PATIENCE, self.socket.send(data)).await;
        Ok(sent.context("it takes nothing")??)
    }
}

/// Waits until no call waits for the answer any more.
async fn given_up(pending: &mut Option<(String, oneshot::Sender<Frame>)>) {
    match pending {
        Some((_, asker)) => asker.closed().await,
        None => std::future::pending().await,
    }
}

/// The text behind `RDAM%7C123`.
fn percent_decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => bytes.extend([&[byte], &part.as_bytes()[2..]].concat()),
            None => bytes.extend([b"%", part.as_bytes()].concat()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
