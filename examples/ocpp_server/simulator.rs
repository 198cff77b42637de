//! A charge point with one connector, of up to 11 kW: the messages and answers of a client of
//! an OCPP 1.6J central system.
//!
//! Its types are generated from the schemas of OCPP, and it accepts nothing else.

use std::{net::SocketAddr, time::SystemTime};

use ocpp_types::{
    Action, CallResult, OcppTimestamp,
    v16::{
        RemoteStartTransactionRequest, RemoteStopTransactionRequest, SetChargingProfileRequest,
        StartTransactionResponse, TriggerMessageRequest,
    },
    validate::Validate,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{ClientRequestBuilder, Error},
};

const MAX_WATTS: f64 = 11_000.0;

/// A charge point.
pub(crate) struct ChargePoint {
    transaction: Option<i64>,
    limit: f64,
    /// The power that the car takes if it is allowed to, in W.
    pub(crate) demand: f64,
    last_id: u32,
    /// The frames to send next.
    pub(crate) frames: Vec<String>,
}

impl Default for ChargePoint {
    fn default() -> Self {
        let (limit, demand) = (MAX_WATTS, MAX_WATTS);
        Self { transaction: None, limit, demand, last_id: 0, frames: Vec::new() }
    }
}

impl ChargePoint {
    /// Queues the first frames after connecting.
    pub(crate) fn greet(&mut self) {
        self.frames.clear();
        let boot = json!({ "chargePointVendor": "FZI", "chargePointModel": "Simulator" });
        self.call("BootNotification", &boot);
        let status = if self.transaction.is_some() { "Charging" } else { "Available" };
        self.tell_status(status);
    }

    /// Handles a frame, and queues the answer to a request.
    pub(crate) fn hear(&mut self, text: &str) {
        let frame: Value = serde_json::from_str(text).expect("frames are JSON");
        if is_question(&frame) {
            self.obey(&frame, text);
        } else if let Ok(started) =
            serde_json::from_str::<CallResult<StartTransactionResponse>>(text)
        {
            self.transaction = Some(started.payload.transaction_id);
            self.tell_status("Charging");
            self.tell_power();
        }
    }

    fn obey(&mut self, frame: &Value, text: &str) {
        let accepted = json!([3, frame[1], { "status": "Accepted" }]).to_string();
        if let Some(start) = read::<RemoteStartTransactionRequest>(text) {
            self.frames.push(accepted);
            let id_tag = start.id_tag.as_str();
            let payload = json!({ "connectorId": 1, "idTag": id_tag, "meterStart": 0,
                "timestamp": now() });
            self.call("StartTransaction", &payload);
        } else if let Some(stop) = read::<RemoteStopTransactionRequest>(text) {
            if self.transaction == Some(stop.transaction_id) {
                self.frames.push(accepted);
                self.stop();
            } else {
                self.frames.push(json!([3, frame[1], { "status": "Rejected" }]).to_string());
            }
        } else if let Some(profile) = read::<SetChargingProfileRequest>(text) {
            self.frames.push(accepted);
            let schedule = profile.cs_charging_profiles.charging_schedule;
            let is_in_watts = format!("{:?}", schedule.charging_rate_unit) == "W";
            let volts = if is_in_watts { 1.0 } else { 690.0 };
            self.limit = schedule.charging_schedule_period[0].limit * volts;
            self.tell_power();
        } else if let Some(trigger) = read::<TriggerMessageRequest>(text) {
            self.frames.push(accepted);
            match format!("{:?}", trigger.requested_message).as_str() {
                "MeterValues" => self.tell_power(),
                _ => self.call("Heartbeat", &json!({})),
            }
        } else {
            self.frames.push(json!([4, frame[1], "FormationViolation", "", {}]).to_string());
        }
    }

    fn stop(&mut self) {
        let payload = json!({ "transactionId": self.transaction.take(), "meterStop": 1500,
            "timestamp": now(), "reason": "Remote" });
        self.call("StopTransaction", &payload);
        self.tell_status("Available");
    }

    fn tell_status(&mut self, status: &str) {
        let payload = json!({ "connectorId": 1, "errorCode": "NoError", "status": status });
        self.call("StatusNotification", &payload);
    }

    pub(crate) fn tell_power(&mut self) {
        let demand = if self.transaction.is_some() { self.demand } else { 0.0 };
        let watts = demand.min(self.limit);
        let sample = json!({ "value": watts.to_string(), "unit": "W",
            "measurand": "Power.Active.Import" });
        let values = json!([{ "timestamp": now(), "sampledValue": [sample] }]);
        let mut payload = json!({ "connectorId": 1, "meterValue": values });
        if let Some(transaction) = self.transaction {
            payload["transactionId"] = json!(transaction);
        }
        self.call("MeterValues", &payload);
    }

    fn call(&mut self, action: &str, payload: &Value) {
        self.last_id += 1;
        let frame = json!([2, format!("cp-{}", self.last_id), action, payload]);
        self.frames.push(frame.to_string());
    }
}

/// Returns whether a frame is a request; other frames are answers.
pub(crate) fn is_question(frame: &Value) -> bool {
    frame[0] == 2
}

/// A connection to the central system.
pub(crate) type Socket = WebSocketStream<TcpStream>;

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

/// The current time in OCPP's format.
fn now() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
    OcppTimestamp::from_unix(seconds, 0).unwrap_or(OcppTimestamp::UNIX_EPOCH).to_string()
}

/// Decodes a request of this kind, if the schema allows it.
fn read<T: Action + Validate + DeserializeOwned>(text: &str) -> Option<T> {
    let call: ocpp_types::Call<T> = serde_json::from_str(text).ok()?;
    call.payload.validate().ok()?;
    Some(call.payload)
}
