//! The central system with simulated charge points.

mod commands;
mod connections;
mod frames;
mod station;

use std::net::{Ipv4Addr, SocketAddr};

use connector_runtime::testing::Bus;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message as Data;

use self::station::{Mood, Station};
use super::*;
use crate::simulator::Socket;

/// A connector on a free port, and where that is.
async fn ocpp() -> (Ocpp, SocketAddr) {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = free.local_addr().unwrap();
    let (host, port, stations) = (address.ip(), address.port(), Arc::default());
    (Ocpp { host, port, answer_seconds: 1, stations }, address)
}

async fn bus() -> (Bus, SocketAddr) {
    let (ocpp, address) = ocpp().await;
    (Bus::start(ocpp).await, address)
}

/// Waits until these actuators are announced, and selects them and these sensors.
async fn select(bus: &mut Bus, actuators: &[&str], sensors: &[&str]) {
    let is_missing = |announced: &Value, key: &&str| announced["actuator"].get(key).is_none();
    loop {
        let announced = bus.next("ocpp-connector/available_datapoints").await;
        if !actuators.iter().any(|key| is_missing(&announced, key)) {
            break;
        }
    }
    let topic = |key: &str, end| format!("ocpp-connector/messages/{key}/{end}");
    let entry = |&key: &&str| (key.to_owned(), json!(topic(key, "value")));
    let sensors: Map<_, _> = sensors.iter().map(entry).collect();
    let entry = |&key: &&str| (topic(key, "command"), json!(key));
    let actuators: Map<_, _> = actuators.iter().map(entry).collect();
    let map = json!({ "sensor": sensors, "actuator": actuators });
    bus.publish("ocpp-connector/datapoint_map", &map, true);
}

/// Waits until a sensor has this value.
async fn until(bus: &mut Bus, key: &str, value: impl Into<Value>) {
    let value = value.into();
    while bus.value(key).await != value {}
}

/// Waits until the log says this.
async fn told(bus: &mut Bus, what: &str) {
    while !bus.log().await["msg"].as_str().unwrap().contains(what) {}
}

/// The payload of the next question, which must be about this action.
async fn question(station: &mut Station, action: &str) -> Value {
    let frame: Value = serde_json::from_str(&station.questions.recv().await.unwrap()).unwrap();
    assert_eq!(frame[2], action);
    frame[3].clone()
}

/// A connection, as soon as somebody listens.
async fn connected(address: SocketAddr, id: &str) -> Socket {
    let url = format!("ws://{address}/{id}");
    loop {
        if let Ok(socket) = simulator::connect(address, &url, "ocpp1.6").await {
            return socket;
        }
        tokio::task::yield_now().await;
    }
}

const STATUS: &str = "CP1__1__StatusNotification__status";
const POWER: &str = "CP1__1__MeterValues__Power.Active.Import__W";
const START: &str = "CP1__1__remote_start";
const STOP: &str = "CP1__1__remote_stop";
const WATTS: &str = "CP1__1__limit_watts";
const AMPERES: &str = "CP1__1__limit_amperes";
const TRIGGER: &str = "CP1__1__trigger_message";
