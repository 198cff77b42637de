//! A charge point that is connected, in this or that mood.

use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{sync::mpsc, task::JoinSet, time::sleep};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::simulator::{ChargePoint, Socket, connect, is_question};

/// The pause before it connects again.
const PAUSE: Duration = Duration::from_millis(20);

/// A running charge point; dropping it is pulling its cable.
pub(crate) struct Station {
    /// What it was asked, as frames.
    pub(crate) questions: mpsc::UnboundedReceiver<String>,
    /// What it was answered, as frames.
    pub(crate) answers: mpsc::UnboundedReceiver<String>,
    orders: mpsc::UnboundedSender<Order>,
    _running: JoinSet<()>,
}

/// How it takes what it is asked.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mood {
    Obedient,
    Refusing,
    Confused,
    Silent,
}

enum Order {
    Send(String),
    Feel(Mood),
    Reconnect,
}

impl Station {
    /// Connects, and connects again whenever the connection is lost.
    pub(crate) fn start(central_system: SocketAddr, id: &str) -> Self {
        let (questioned, questions) = mpsc::unbounded_channel();
        let (answered, answers) = mpsc::unbounded_channel();
        let (orders, ordered) = mpsc::unbounded_channel();
        let url = format!("ws://{central_system}/ocpp/{id}");
        let (device, mood) = (ChargePoint::default(), Mood::Obedient);
        let life = Life { questioned, answered, ordered, device, mood };
        let mut running = JoinSet::new();
        running.spawn(life.run(central_system, url));
        Self { questions, answers, orders, _running: running }
    }

    /// Calls the central system.
    pub(crate) fn call(&self, id: &str, action: &str, payload: &Value) {
        self.send(json!([2, id, action, payload]).to_string());
    }

    /// Sends any text.
    pub(crate) fn send(&self, text: impl Into<String>) {
        self.order(Order::Send(text.into()));
    }

    /// Takes questions in another way from now on.
    pub(crate) fn feel(&self, mood: Mood) {
        self.order(Order::Feel(mood));
    }

    /// Loses its connection, and connects again.
    pub(crate) fn reconnect(&self) {
        self.order(Order::Reconnect);
    }

    fn order(&self, order: Order) {
        self.orders.send(order).expect("the charge point runs");
    }
}

struct Life {
    questioned: mpsc::UnboundedSender<String>,
    answered: mpsc::UnboundedSender<String>,
    ordered: mpsc::UnboundedReceiver<Order>,
    device: ChargePoint,
    mood: Mood,
}

impl Life {
    async fn run(mut self, central_system: SocketAddr, url: String) {
        loop {
            if let Ok(mut socket) = connect(central_system, &url, "ocpp1.6").await {
                // The central system may go at any time.
                let _ = self.converse(&mut socket).await;
            }
            sleep(PAUSE).await;
        }
    }

    /// Ends with the connection.
    async fn converse(&mut self, socket: &mut Socket) -> Result<(), Error> {
        self.device.greet();
        loop {
            for frame in self.device.frames.drain(..) {
                socket.send(Message::text(frame)).await?;
            }
            tokio::select! {
                message = socket.next() => match message.ok_or(Error::ConnectionClosed)?? {
                    Message::Text(text) => self.hear(text.as_str()),
                    Message::Close(_) => return Ok(()),
                    _ => {}
                },
                order = self.ordered.recv() => match order.ok_or(Error::ConnectionClosed)? {
                    Order::Send(text) => self.device.frames.push(text),
                    Order::Feel(mood) => self.mood = mood,
                    Order::Reconnect => return Ok(()),
                },
            }
        }
    }

    fn hear(&mut self, text: &str) {
        let frame: Value = serde_json::from_str(text).expect("frames are JSON");
        let heard = if is_question(&frame) { &self.questioned } else { &self.answered };
        // Whether the test wants to know is none of our business.
        let _ = heard.send(text.to_owned());
        let mood = if is_question(&frame) { self.mood } else { Mood::Obedient };
        let answer = match mood {
            Mood::Obedient => return self.device.hear(text),
            Mood::Refusing => json!([3, frame[1], { "status": "Rejected" }]),
            Mood::Confused => json!([4, frame[1], "InternalError", "out of order", {}]),
            Mood::Silent => return,
        };
        self.device.frames.push(answer.to_string());
    }
}
