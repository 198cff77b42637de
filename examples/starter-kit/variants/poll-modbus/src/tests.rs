//! Tests `parse` on a recorded message, and the whole connector on an in-memory bus.

use std::{
    future::{Ready, ready},
    sync::{Arc, Mutex},
};

use connector_runtime::testing::Bus;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_modbus::server::{
    Service,
    tcp::{Server, accept_tcp_connection},
};

use super::*;

/// A message of the device. The command `record` writes such messages to a file.
const ANSWER: &str = include_str!("../fixtures/answer");

#[test]
fn an_answer_becomes_readings() {
    let registers = registers();
    let readings = Readings { temperature: 19.5, setpoint: 21.0 };
    assert_eq!(Thermostat::readings(&registers).unwrap(), readings);
    assert_eq!(Thermostat::readings(&[0xff_f6, 0]).unwrap().temperature, -1.0);
    assert!(Thermostat::readings(&[]).is_err());
}

#[tokio::test]
async fn values_reach_the_bus_and_commands_the_device() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(simulate(listener));

    let poll = Duration::from_millis(50);
    let mut bus = Bus::start(Thermostat { address, unit: 1, poll }).await;
    bus.select(&["temperature", "setpoint"]).await;
    assert_eq!(bus.value("temperature").await, json!(19.5));
    bus.command("setpoint", 99);
    assert!(bus.log().await["msg"].as_str().unwrap().contains("outside of the range"));
    bus.command("setpoint", 23);
    while bus.value("setpoint").await != json!(23.0) {}
    bus.stop().await;
}

fn registers() -> Vec<u16> {
    serde_json::from_str(ANSWER).unwrap()
}

/// The registers of the simulated device.
#[derive(Clone)]
struct Registers(Arc<Mutex<Vec<u16>>>);

impl Service for Registers {
    type Request = Request<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = Ready<Result<Response, ExceptionCode>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        let mut registers = self.0.lock().unwrap();
        ready(match request {
            Request::ReadHoldingRegisters(TEMPERATURE, 2) => {
                Ok(Response::ReadHoldingRegisters(registers.clone()))
            }
            Request::WriteSingleRegister(SETPOINT, value) => {
                registers[1] = value;
                Ok(Response::WriteSingleRegister(SETPOINT, value))
            }
            _ => Err(ExceptionCode::IllegalDataAddress),
        })
    }
}

async fn simulate(listener: TcpListener) {
    let device = Registers(Arc::new(Mutex::new(registers())));
    let accept = |stream, address| {
        let device = device.clone();
        async move { accept_tcp_connection(stream, address, move |_| Ok(Some(device.clone()))) }
    };
    Server::new(listener).serve(&accept, |_| {}).await.unwrap();
}
