//! A photovoltaic plant on a day with some clouds.

#[path = "../solar_http/simulator/mod.rs"]
mod simulator;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, Uri},
};
use connector_runtime::prelude::*;
use tokio::{net::TcpListener, time::interval};

use crate::{guide::Guide, swing::swing};
use simulator::{FOLDER, POWER_FLOW, Plant};

pub(crate) async fn start(address: SocketAddr) -> Result<Guide> {
    let listener = TcpListener::bind(address).await?;
    let url = format!("http://{address}{FOLDER}{POWER_FLOW}");
    println!("device  a photovoltaic plant, as HTTP server at {url}");
    let plant = Arc::new(Plant::default());
    tokio::spawn(shine(Arc::clone(&plant)));
    let router = Router::new().fallback(answer).with_state(plant);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(Guide {
        connector: "fronius-solar-api-connector",
        settings: vec![
            ("INVERTER_POWERFLOW_URL", url),
            ("POLL_SECONDS", "2".to_owned()),
            ("METER_POLL_SECONDS", "5".to_owned()),
        ],
        order: None,
    })
}

async fn answer(State(plant): State<Arc<Plant>>, uri: Uri) -> (StatusCode, String) {
    let document = uri.path().strip_prefix(FOLDER).unwrap_or_default();
    plant.answer(document, uri.query().unwrap_or_default())
}

async fn shine(plant: Arc<Plant>) {
    let mut seconds = interval(Duration::from_secs(1));
    for step in 0.. {
        seconds.tick().await;
        let mut power = plant.power();
        power.produced = 3500.0 + 600.0 * swing(step);
        power.consumed = 900.0 + 200.0 * swing(3 * step);
        power.charge = (power.charge + 0.01).min(100.0);
    }
}
