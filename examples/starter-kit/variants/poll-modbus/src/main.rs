//! Polls a thermostat over Modbus/TCP. Fill in the three places for a device of your own.

use connector_runtime::prelude::*;
use tokio::sync::Mutex;
use tokio_modbus::{client::Context as Modbus, prelude::*};

/// The registers of temperature and setpoint, in tenths of a degree.
const TEMPERATURE: u16 = 0;
const SETPOINT: u16 = 1;

/// Connects a thermostat.
// 1. What is it, and which settings does it take? Their docs are the help.
#[connector]
struct Thermostat {
    /// Address of the device, as host:port.
    #[arg(long, env = "DEVICE_ADDR", value_name = "HOST:PORT")]
    address: String,
    /// The device's unit (slave) id.
    #[arg(long, env = "DEVICE_UNIT", default_value_t = 1)]
    unit: u8,
    /// Seconds from one poll to the next.
    #[arg(long, env = "POLL_SECONDS", value_parser = value_parser::seconds, default_value = "10")]
    poll: Duration,
}

/// What it says.
// 2. What does it measure? Nested fields are joined with `__`.
#[derive(Debug, PartialEq, Serialize, Deserialize, Datapoints)]
struct Readings {
    /// Measured in the room.
    #[datapoint(unit = "°C", range = -20.0..=60.0)]
    temperature: f64,
    /// What it aims at.
    #[datapoint(unit = "°C", range = 5.0..=30.0)]
    setpoint: f64,
}

/// A connection, for one request at a time.
type Session = Mutex<Modbus>;

// 3. How is it asked, and told?
#[connector]
impl Thermostat {
    #[connect]
    async fn open(&self) -> Result<Session> {
        let mut addresses = tokio::net::lookup_host(&self.address).await?;
        let address = addresses.next().context("the name has no address")?;
        Ok(Mutex::new(tcp::connect_slave(address, Slave(self.unit)).await?))
    }

    #[receive(every = self.poll)]
    async fn registers(&self, session: &Session) -> Result<Vec<u16>> {
        Ok(session.lock().await.read_holding_registers(TEMPERATURE, 2).await??)
    }

    #[parse]
    fn readings(raw: &[u16]) -> Result<Readings> {
        let &[temperature, setpoint] = raw else { bail!("expected two registers, got {raw:?}") };
        let degrees = |register: u16| f64::from(register.cast_signed()) / 10.0;
        Ok(Readings { temperature: degrees(temperature), setpoint: degrees(setpoint) })
    }

    /// Sets what it aims at.
    #[send("setpoint", unit = "°C", range = 5.0..=30.0)]
    async fn set(&self, session: &Session, celsius: f64) -> Result<()> {
        let register = (celsius * 10.0).round() as u16;
        Ok(session.lock().await.write_single_register(SETPOINT, register).await??)
    }
}

fn main() -> ExitCode {
    connector_runtime::main::<Thermostat>()
}

#[cfg(test)]
mod tests;
