//! A charge point with one connector, of up to 11 kW: the client of an OCPP 1.6J central system.
//!
//! Its types are generated from the schemas of the OCPP document, and it takes nothing else.

use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use ocpp_types::{
    Action, CallResult,
    v16::{
        RemoteStartTransactionRequest, RemoteStopTransactionRequest, SetChargingProfileRequest,
        StartTransactionResponse, TriggerMessageRequest,
    },
    validate::Validate,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::mpsc, task::JoinSet, time::sleep};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{ClientRequestBuilder, Error, Message},
};

/// The pause before it connects again.
const PAUSE: Duration = Duration::from_millis(20);

const MAX_WATTS: f64 = 11_000.0;

/// A running charge point; dropping it is pulling its cable.
pub(crate) struct ChargePoint {
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

impl ChargePoint {
    /// Connects, and connects again whenever the connection is lost.
    pub(crate) fn start(central_system: SocketAddr, id: &str) -> Self {
        let (questioned, questions) = mpsc::unbounded_channel();
        let (answered, answers) = mpsc::unbounded_channel();
        let (orders, ordered) = mpsc::unbounded_channel();
        let url = format!("ws://{central_system}/ocpp/{id}");
        let (mood, transaction, watts) = (Mood::Obedient, None, MAX_WATTS);
        let device = Device { questioned, answered, ordered, mood, transaction, watts, last_id: 0 };
        let mut running = JoinSet::new();
        running.spawn(device.run(central_system, url));
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

/// A connection to the central system.
pub(crate) type Socket = WebSocketStream<TcpStream>;

struct Device {
    questioned: mpsc::UnboundedSender<String>,
    answered: mpsc::UnboundedSender<String>,
    ordered: mpsc::UnboundedReceiver<Order>,
    mood: Mood,
    transaction: Option<i64>,
    watts: f64,
    last_id: u32,
}

impl Device {
    async fn run(mut self, central_system: SocketAddr, url: String) {
        loop {
            if let Ok(mut socket) = connect(central_system, &url, "ocpp1.6").await {
                // The central system may go at any time.
                let _ = self.live(&mut socket).await;
            }
            sleep(PAUSE).await;
        }
    }

    /// Ends with the connection.
    async fn live(&mut self, socket: &mut Socket) -> Result<(), Error> {
        let boot = json!({ "chargePointVendor": "FZI", "chargePointModel": "Simulator" });
        self.call(socket, "BootNotification", &boot).await?;
        let status = if self.transaction.is_some() { "Charging" } else { "Available" };
        self.tell_status(socket, status).await?;
        loop {
            tokio::select! {
                message = socket.next() => match message.ok_or(Error::ConnectionClosed)?? {
                    Message::Text(text) => self.hear(socket, text.as_str()).await?,
                    Message::Close(_) => return Ok(()),
                    _ => {}
                },
                order = self.ordered.recv() => match order.ok_or(Error::ConnectionClosed)? {
                    Order::Send(text) => socket.send(Message::text(text)).await?,
                    Order::Feel(mood) => self.mood = mood,
                    Order::Reconnect => return Ok(()),
                },
            }
        }
    }

    async fn hear(&mut self, socket: &mut Socket, text: &str) -> Result<(), Error> {
        let frame: Value = serde_json::from_str(text).expect("frames are JSON");
        if frame[0] != 2 {
            let started = serde_json::from_str::<CallResult<StartTransactionResponse>>(text);
            let _ = self.answered.send(text.to_owned());
            return match started {
                Ok(started) => self.charge(socket, started.payload.transaction_id).await,
                Err(_) => Ok(()),
            };
        }
        let _ = self.questioned.send(text.to_owned());
        let answer = match self.mood {
            Mood::Obedient => return self.obey(socket, &frame, text).await,
            Mood::Refusing => json!([3, frame[1], { "status": "Rejected" }]),
            Mood::Confused => json!([4, frame[1], "InternalError", "out of order", {}]),
            Mood::Silent => return Ok(()),
        };
        socket.send(Message::text(answer.to_string())).await
    }

    async fn obey(&mut self, socket: &mut Socket, frame: &Value, text: &str) -> Result<(), Error> {
        let answer =
            |status: &str| Message::text(json!([3, frame[1], { "status": status }]).to_string());
        if let Some(start) = read::<RemoteStartTransactionRequest>(text) {
            socket.send(answer("Accepted")).await?;
            let id_tag = start.id_tag.as_str();
            let payload = json!({ "connectorId": 1, "idTag": id_tag, "meterStart": 0,
                "timestamp": "2026-01-02T03:04:05Z" });
            return self.call(socket, "StartTransaction", &payload).await;
        }
        if let Some(stop) = read::<RemoteStopTransactionRequest>(text) {
            let is_mine = self.transaction == Some(stop.transaction_id);
            socket.send(answer(if is_mine { "Accepted" } else { "Rejected" })).await?;
            return if is_mine { self.stop(socket).await } else { Ok(()) };
        }
        if let Some(profile) = read::<SetChargingProfileRequest>(text) {
            socket.send(answer("Accepted")).await?;
            let schedule = profile.cs_charging_profiles.charging_schedule;
            let volts =
                if format!("{:?}", schedule.charging_rate_unit) == "W" { 1.0 } else { 690.0 };
            self.watts = schedule.charging_schedule_period[0].limit * volts;
            return self.tell_power(socket).await;
        }
        if let Some(trigger) = read::<TriggerMessageRequest>(text) {
            socket.send(answer("Accepted")).await?;
            return match format!("{:?}", trigger.requested_message).as_str() {
                "MeterValues" => self.tell_power(socket).await,
                _ => self.call(socket, "Heartbeat", &json!({})).await,
            };
        }
        let error = json!([4, frame[1], "FormationViolation", "", {}]);
        socket.send(Message::text(error.to_string())).await
    }

    async fn charge(&mut self, socket: &mut Socket, transaction: i64) -> Result<(), Error> {
        self.transaction = Some(transaction);
        self.tell_status(socket, "Charging").await?;
        self.tell_power(socket).await
    }

    async fn stop(&mut self, socket: &mut Socket) -> Result<(), Error> {
        let payload = json!({ "transactionId": self.transaction.take(), "meterStop": 1500,
            "timestamp": "2026-01-02T04:04:05Z", "reason": "Remote" });
        self.call(socket, "StopTransaction", &payload).await?;
        self.tell_status(socket, "Available").await
    }

    async fn tell_status(&mut self, socket: &mut Socket, status: &str) -> Result<(), Error> {
        let payload = json!({ "connectorId": 1, "errorCode": "NoError", "status": status });
        self.call(socket, "StatusNotification", &payload).await
    }

    async fn tell_power(&mut self, socket: &mut Socket) -> Result<(), Error> {
        let watts = if self.transaction.is_some() { self.watts.min(MAX_WATTS) } else { 0.0 };
        let sample = json!({ "value": watts.to_string(), "unit": "W",
            "measurand": "Power.Active.Import" });
        let values = json!([{ "timestamp": "2026-01-02T03:14:05Z", "sampledValue": [sample] }]);
        let mut payload = json!({ "connectorId": 1, "meterValue": values });
        if let Some(transaction) = self.transaction {
            payload["transactionId"] = json!(transaction);
        }
        self.call(socket, "MeterValues", &payload).await
    }

    async fn call(
        &mut self,
        socket: &mut Socket,
        action: &str,
        payload: &Value,
    ) -> Result<(), Error> {
        self.last_id += 1;
        let frame = json!([2, format!("cp-{}", self.last_id), action, payload]);
        socket.send(Message::text(frame.to_string())).await
    }
}

/// Connects to a central system that should speak this protocol.
pub(crate) async fn connect(
    central_system: SocketAddr,
    url: &str,
    protocol: &str,
) -> Result<Socket, Error> {
    let stream = TcpStream::connect(central_system).await?;
    let request = ClientRequestBuilder::new(url.parse()?).with_sub_protocol(protocol);
    Ok(client_async(request, stream).await?.0)
}

/// A request of this kind, if it is one and the schema allows it.
fn read<T: Action + Validate + DeserializeOwned>(text: &str) -> Option<T> {
    let call: ocpp_types::Call<T> = serde_json::from_str(text).ok()?;
    call.payload.validate().ok()?;
    Some(call.payload)
}
