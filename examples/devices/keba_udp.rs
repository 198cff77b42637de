//! A charging station with a car.

#[path = "../keba_udp/simulator.rs"]
mod simulator;

use std::net::{Ipv4Addr, SocketAddr};

use connector_runtime::prelude::*;
use serde_json::json;
use tokio::time::interval;

use crate::guide::Guide;
use simulator::{Condition, Simulator};

/// Seconds from one change to the next.
const STEP: u32 = 2;

pub(crate) async fn start(address: SocketAddr) -> Result<Guide> {
    // Real stations answer to their own port, which the simulated station occupies on this machine.
    let port = address.port();
    let connector = port.checked_add(1).context("the port after it is for the connector")?;
    let station = Simulator::start((Ipv4Addr::LOCALHOST, port), connector).await?;
    println!("device  a charging station, at UDP port {port}");
    tokio::spawn(charge(station));
    Ok(Guide {
        connector: "keba-p30-connector",
        settings: vec![
            ("KEBA_P30_CHARGE_STATIONS", json!({ "garage": address.ip() }).to_string()),
            ("TARGET_PORT", port.to_string()),
            ("LISTEN_ADDRESS", SocketAddr::new(address.ip(), connector).to_string()),
            ("POLL_SECONDS", "5".to_owned()),
        ],
        order: Some(("garage__curr", json!(10_000))),
    })
}

async fn charge(mut station: Simulator) {
    let mut steps = interval(Duration::from_secs(STEP.into()));
    loop {
        tokio::select! {
            Some(request) = station.request() => tell(&station, &request),
            _ = steps.tick() => station.change(step).await,
        }
    }
}

fn tell(station: &Simulator, request: &str) {
    if !request.starts_with("report ") {
        println!("device  {request}");
    }
    if request.starts_with("display ") {
        println!("device  the display shows `{}`", station.state().text);
    }
}

/// The car charges with the allowed current.
fn step(station: &mut Condition) {
    let is_charging = station.is_enabled && station.current > 0;
    station.state = if is_charging { 3 } else { 5 };
    if is_charging {
        let milliwatts = 3 * 230 * station.current;
        station.energy += milliwatts * STEP / 360_000;
    }
}
