//! A charge point with a car. It retries until it can connect to its connector.

#[path = "../ocpp_server/simulator.rs"]
mod simulator;

use std::net::SocketAddr;

use connector_runtime::prelude::*;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::{interval, sleep};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::{guide::Guide, swing::swing};
use simulator::{ChargePoint, Socket, connect, is_question};

/// The pause before it reconnects.
const PAUSE: Duration = Duration::from_secs(1);

/// The interval of meter values.
const STEP: Duration = Duration::from_secs(2);

pub(crate) fn start(central_system: SocketAddr) -> Guide {
    let url = format!("ws://{central_system}/CP1");
    println!("device  a charge point, which connects to {url}");
    tokio::spawn(run(central_system, url));
    Guide {
        connector: "ocpp-connector",
        settings: vec![
            ("OCPP_HOST", central_system.ip().to_string()),
            ("OCPP_PORT", central_system.port().to_string()),
        ],
        order: Some(("CP1__1__remote_start", json!("TAG"))),
    }
}

async fn run(central_system: SocketAddr, url: String) {
    let mut device = ChargePoint::default();
    loop {
        if let Ok(mut socket) = connect(central_system, &url, "ocpp1.6").await {
            println!("device  connected");
            // The connector may stop at any time.
            let _ = converse(&mut device, &mut socket).await;
            println!("device  disconnected");
        }
        sleep(PAUSE).await;
    }
}

/// Runs until the connection ends.
async fn converse(device: &mut ChargePoint, socket: &mut Socket) -> Result<(), Error> {
    let (mut steps, mut step) = (interval(STEP), 0);
    device.greet();
    loop {
        for frame in device.frames.drain(..) {
            socket.send(Message::text(frame)).await?;
        }
        tokio::select! {
            message = socket.next() => match message.ok_or(Error::ConnectionClosed)?? {
                Message::Text(text) => hear(device, text.as_str()),
                Message::Close(_) => return Ok(()),
                _ => {}
            },
            _ = steps.tick() => {
                step += 1;
                device.demand = 10_000.0 + 800.0 * swing(step);
                device.tell_power();
            }
        }
    }
}

fn hear(device: &mut ChargePoint, text: &str) {
    if serde_json::from_str(text).is_ok_and(|frame: Value| is_question(&frame)) {
        println!("device  {text}");
    }
    device.hear(text);
}
