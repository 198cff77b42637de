//! A simulated room with a thermostat: BEMCom's demo device, a Modbus/TCP server.
//!
//! Input register 1 is the temperature, holding register 1 the setpoint, both as 16-bit floats in
//! °C with the low byte first. Values outside of 15 to 30 °C are clipped.

use std::{
    future::{Ready, ready},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use half::f16;
use tokio::net::TcpListener;
use tokio_modbus::{
    ExceptionCode, Request, Response,
    server::{
        Service,
        tcp::{Server, accept_tcp_connection},
    },
};

const REGISTER: u16 = 1;

#[derive(Clone)]
struct Room(Arc<Mutex<Climate>>);

struct Climate {
    temperature: f32,
    setpoint: f32,
}

/// Starts the room, and returns the address of its thermostat.
pub(super) async fn serve() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let room = Room(Arc::new(Mutex::new(Climate { temperature: 19.0, setpoint: 21.0 })));
    tokio::spawn(room.clone().warm_up());
    tokio::spawn(async move {
        let new_service = |_| Ok(Some(room.clone()));
        let on_connected = async |stream, peer| accept_tcp_connection(stream, peer, new_service);
        let _ = Server::new(listener).serve(&on_connected, |_| {}).await;
    });
    Ok(address)
}

impl Room {
    /// Each second, moves the temperature a tenth of the way to the setpoint.
    async fn warm_up(self) {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        loop {
            seconds.tick().await;
            self.with(|climate| {
                climate.temperature += (climate.setpoint - climate.temperature) * 0.1;
            });
        }
    }

    fn answer(&self, request: &Request<'_>) -> Result<Response, ExceptionCode> {
        let encode = |celsius: f32| vec![f16::from_f32(celsius).to_bits().swap_bytes()];
        match *request {
            Request::ReadInputRegisters(REGISTER, 1) => {
                Ok(Response::ReadInputRegisters(encode(self.with(|climate| climate.temperature))))
            }
            Request::ReadHoldingRegisters(REGISTER, 1) => {
                Ok(Response::ReadHoldingRegisters(encode(self.with(|climate| climate.setpoint))))
            }
            Request::WriteSingleRegister(REGISTER, value) => {
                let celsius = f16::from_bits(value.swap_bytes()).to_f32().clamp(15.0, 30.0);
                println!("device  the setpoint is now {celsius} °C");
                self.with(|climate| climate.setpoint = celsius);
                Ok(Response::WriteSingleRegister(REGISTER, value))
            }
            Request::ReadInputRegisters(..)
            | Request::ReadHoldingRegisters(..)
            | Request::WriteSingleRegister(..) => Err(ExceptionCode::IllegalDataAddress),
            _ => Err(ExceptionCode::IllegalFunction),
        }
    }

    fn with<T>(&self, action: impl FnOnce(&mut Climate) -> T) -> T {
        action(&mut self.0.lock().expect("no panic while the room is locked"))
    }
}

impl Service for Room {
    type Request = Request<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = Ready<Result<Response, ExceptionCode>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        ready(self.answer(&request))
    }
}
