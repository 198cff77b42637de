//! A heat pump: unit 1 of a Modbus/TCP device.
//!
//! Input registers 0 and 1 are the temperature of its water as a 32-bit float in °C, register 2 is its
//! power in W; holding register 10 is its setpoint in 0.1 °C, and coil 0 switches it.

#[path = "../modbus_tcp/simulator.rs"]
mod simulator;

use std::{
    future::{Ready, ready},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use connector_runtime::prelude::*;
use serde_json::json;
use tokio::{net::TcpListener, time::interval};
use tokio_modbus::{
    ExceptionCode, Request, Response, SlaveRequest,
    server::{
        Service,
        tcp::{Server, accept_tcp_connection},
    },
};

use crate::guide::Guide;
use simulator::{
    Table::{Coils, HoldingRegisters, InputRegisters},
    Tables,
};

const UNIT: u8 = 1;

/// The power of a running heat pump, in W.
const POWER: u16 = 1800;

pub(crate) async fn start(address: SocketAddr) -> Result<Guide> {
    let listener = TcpListener::bind(address).await?;
    println!("device  a heat pump, as Modbus/TCP at {address}");
    let heat_pump = HeatPump::new();
    tokio::spawn(heat_pump.clone().run());
    tokio::spawn(async move {
        let new_service = |_| Ok(Some(heat_pump.clone()));
        let on_connected = async |stream, peer| accept_tcp_connection(stream, peer, new_service);
        let _ = Server::new(listener).serve(&on_connected, |_| {}).await;
    });
    let config = json!({
        "read_input_registers": [{"address": 0, "count": 3, "unit": UNIT, "datatypes": ">fH"}],
        "write_register": [{"address": 10, "unit": UNIT, "datatypes": ">H",
            "scaling_factors": {"10": 0.1}, "example_value": 35.5}],
        "write_coil": [{"address": 0, "unit": UNIT, "example_value": true}],
    });
    Ok(Guide {
        connector: "modbus-tcp-connector",
        settings: vec![
            ("MODBUS_MASTER_IP", address.ip().to_string()),
            ("MODBUS_MASTER_PORT", address.port().to_string()),
            ("MODBUS_CONFIG", config.to_string()),
            ("POLL_SECONDS", "2".to_owned()),
        ],
        order: Some(("write_register__1__10", json!(45.5))),
    })
}

#[derive(Clone)]
struct HeatPump(Arc<Mutex<Tables>>);

impl HeatPump {
    fn new() -> Self {
        let mut tables = Tables::default();
        tables.set(UNIT, Coils, 0, &[1]);
        tables.set(UNIT, HoldingRegisters, 10, &[350]);
        tables.set(UNIT, InputRegisters, 0, &[0, 0, 0]);
        Self(Arc::new(Mutex::new(tables)))
    }

    /// Each second, moves the temperature of the water a tenth of the way to the setpoint, or to that outside.
    async fn run(self) {
        let (mut seconds, mut celsius) = (interval(Duration::from_secs(1)), 30.0);
        loop {
            seconds.tick().await;
            let mut tables = self.tables();
            let is_on = tables.get(UNIT, Coils, 0) == Some(1);
            let setpoint = tables.get(UNIT, HoldingRegisters, 10).unwrap_or_default();
            let (aim, power) = if is_on { (f32::from(setpoint) / 10.0, POWER) } else { (5.0, 0) };
            celsius += (aim - celsius) * 0.1;
            let [high, middle, low, last] = celsius.to_be_bytes();
            let words = [[high, middle], [low, last]].map(u16::from_be_bytes);
            tables.set(UNIT, InputRegisters, 0, &[words[0], words[1], power]);
        }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service for HeatPump {
    type Request = SlaveRequest<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = Ready<Result<Response, ExceptionCode>>;

    fn call(&self, SlaveRequest { slave, request }: Self::Request) -> Self::Future {
        if !matches!(request, Request::ReadInputRegisters(..)) {
            println!("device  {request:?} to unit {slave}");
        }
        ready(self.tables().answer(slave, &request))
    }
}
