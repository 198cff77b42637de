//! A room thermostat that speaks Modbus/TCP, together with a simulated room, a broker and an
//! administrator. Run it with `cargo run --example quickstart`; it needs nothing else.

mod demo;
mod room;

use std::net::SocketAddr;

use connector_runtime::prelude::*;
use half::f16;
use tokio_modbus::prelude::*;

/// The register of the temperature (input) and of the setpoint (holding).
const REGISTER: u16 = 1;

/// Connects a room thermostat over Modbus/TCP.
#[connector(name = "quickstart")]
struct Room {
    /// Address of the thermostat.
    #[arg(long, env = "DEVICE_ADDR")]
    device: SocketAddr,
}

/// The sensors.
#[derive(Serialize, Datapoints)]
struct Status {
    room: Climate,
}

#[derive(Serialize, Datapoints)]
struct Climate {
    /// Measured room temperature.
    #[datapoint(unit = "°C")]
    temperature: f32,
    /// Target temperature of the thermostat.
    #[datapoint(unit = "°C", range = 15.0..=30.0)]
    setpoint: f32,
}

#[connector]
impl Room {
    /// Reads both registers.
    #[receive(every = Duration::from_secs(1))]
    async fn registers(&self) -> Result<Vec<u16>> {
        let mut device = tcp::connect(self.device).await?;
        let temperature = device.read_input_registers(REGISTER, 1).await??;
        let setpoint = device.read_holding_registers(REGISTER, 1).await??;
        Ok([temperature, setpoint].concat())
    }

    /// Decodes the registers, which hold 16-bit floats, low byte first.
    #[parse]
    fn status(raw: &[u16]) -> Result<Status> {
        let &[temperature, setpoint] = raw else { bail!("expected two registers, got {raw:?}") };
        let decode = |register: u16| f16::from_bits(register.swap_bytes()).to_f32();
        let (temperature, setpoint) = (decode(temperature), decode(setpoint));
        Ok(Status { room: Climate { temperature, setpoint } })
    }

    /// Sets the target room temperature, in °C.
    #[send("room__setpoint", range = 15.0..=30.0, example = 21.0)]
    async fn set_setpoint(&self, celsius: f32) -> Result<()> {
        let mut device = tcp::connect(self.device).await?;
        let register = f16::from_f32(celsius).to_bits().swap_bytes();
        Ok(device.write_single_register(REGISTER, register).await??)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let demo = demo::Demo::start("quickstart").await?;
    let room = Room { device: demo.device };
    connector_runtime::run(room, demo.settings(), demo.end()).await
}
