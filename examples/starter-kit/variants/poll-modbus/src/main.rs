//! Polls a thermostat over Modbus/TCP. Fill in the three numbered places for your device.

use connector_runtime::prelude::*;
use tokio::sync::Mutex;
use tokio_modbus::{client::Context as Modbus, prelude::*};

/// The registers that hold temperature and setpoint, in tenths of a degree.
const TEMPERATURE: u16 = 0;
const SETPOINT: u16 = 1;

// 1. The settings. Their doc comments become the help and the documents.
#[connector]
struct Thermostat {
    /// Address of the device, as host:port.
    #[arg(long, env = "DEVICE_ADDR", value_name = "HOST:PORT")]
    address: String,
    /// Modbus unit (slave) ID of the device.
    #[arg(long, env = "DEVICE_UNIT", default_value_t = 1)]
    unit: u8,
    /// Seconds between two polls.
    #[arg(long, env = "POLL_SECONDS", value_parser = value_parser::seconds, default_value = "10")]
    poll: Duration,
}

/// The readings of one answer.
// 2. The sensors: each field is one. The keys of nested fields are joined with `__`.
#[derive(Debug, PartialEq, Serialize, Deserialize, Datapoints)]
struct Readings {
    /// Measured room temperature.
    #[datapoint(unit = "°C", range = -20.0..=60.0)]
    temperature: f64,
    /// Target room temperature.
    #[datapoint(unit = "°C", range = 5.0..=30.0)]
    setpoint: f64,
}

/// The connection, which carries one request at a time.
type Session = Mutex<Modbus>;

// 3. The device's protocol: how to poll it, parse its answers and send it commands.
#[connector]
impl Thermostat {
    #[connect]
    async fn open(&self) -> Result<Session> {
        let mut addresses = tokio::net::lookup_host(&self.address).await?;
        let address = addresses.next().context("its name resolves to no address")?;
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

    /// Sets the target room temperature.
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
