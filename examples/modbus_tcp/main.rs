//! Any device or gateway that speaks Modbus/TCP (MODBUS Application Protocol Specification V1.1b3, and
//! MODBUS Messaging on TCP/IP V1.0b), as its configuration describes it.
//!
//! The datapoints are known only at run time, so the trait is implemented by hand. Try it with any broker
//! and a device, or with `pymodbus.simulator`:
//!
//! ```sh
//! MODBUS_MASTER_IP=192.168.0.1 POLL_SECONDS=5 MQTT_BROKER_HOST=localhost MODBUS_CONFIG='{
//!   "read_input_registers": [{"address": 19000, "count": 4, "unit": 1, "datatypes": ">ff",
//!                             "scaling_factors": {"19002": 0.1}}],
//!   "write_coil": [{"address": 10, "unit": 1, "example_value": true}]
//! }' cargo run --example modbus_tcp
//! ```
//!
//! Settings, keys and raw messages are those of BEMCom's `modbus-tcp-connector`. Differences:
//!
//! - No device behaviour stops the connector. If a device closes the connection, or takes longer than
//!   `MODBUS_TIMEOUT_SECONDS`, the connector reconnects. Only refused requests are repeated.
//! - Commands are sent between the requests of a poll; they do not wait for its end.
//! - All errors in `MODBUS_CONFIG` are reported at the start. Unknown members, which the original ignored,
//!   are errors as well. An entry may have a `description`.
//! - Sensors are announced before the first poll.
//! - Repeat counts and text count for addresses. A value in the low byte of a register, behind one in
//!   its high byte, has the key `.._low`; originally it had the key of the next register.
//! - Text is published without trailing NUL characters, and can be written; the original supported neither.
//! - `scaling_factors` also apply to commands, in the other direction.
//! - A command may be `22`, `22.0` or `"22"`, and a value that does not fit the type is an error.
//! - `datatypes` in native order are those of 64-bit Linux.

mod config;
mod format;
#[cfg(test)]
mod simulator;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use connector_runtime::prelude::*;
use tokio::{
    net::TcpStream,
    sync::Mutex,
    time::{sleep, timeout},
};
use tokio_modbus::{
    client::{Context as Device, tcp},
    prelude::*,
};

use self::{
    config::{Answer, Config, Point, Write},
    format::Value,
};

/// Connects any device that speaks Modbus/TCP.
#[connector(name = "modbus-tcp-connector")]
struct ModbusTcp {
    /// Seconds from one poll to the next.
    #[arg(long, env = "POLL_SECONDS", value_name = "SECONDS", value_parser = value_parser::seconds)]
    poll_every: Duration,
    /// Host name or address of the device or gateway.
    #[arg(long, env = "MODBUS_MASTER_IP", value_name = "HOST")]
    master_ip: String,
    /// Its TCP port.
    #[arg(long, env = "MODBUS_MASTER_PORT", value_name = "PORT", default_value_t = 502)]
    master_port: u16,
    /// What to read and what may be written, as JSON.
    #[arg(long, env = "MODBUS_CONFIG", value_name = "JSON")]
    config: Config,
    /// Maximum number of attempts for a request that the device refuses.
    #[arg(long, env = "MODBUS_MAX_RETRIES", value_name = "TIMES", default_value_t = 3)]
    max_retries: u32,
    /// Seconds from a refused request to the next try.
    #[arg(long, env = "MODBUS_RETRY_WAIT_SECONDS", value_name = "SECONDS", default_value = "15")]
    #[arg(value_parser = value_parser::seconds)]
    retry_wait: Duration,
    /// Seconds to pause after each request.
    #[arg(long, env = "MODBUS_POLL_BREAK", value_name = "SECONDS", default_value = "0")]
    #[arg(value_parser = value_parser::seconds)]
    poll_break: Duration,
    /// TRUE: connect for each poll and each command, for devices that do not support a permanent connection.
    #[arg(long, env = "MODBUS_DISCONNECT_BETWEEN_POLLS")]
    disconnect_between_polls: bool,
    /// Seconds that the device may take to answer.
    #[arg(long, env = "MODBUS_TIMEOUT_SECONDS", value_name = "SECONDS", default_value = "3")]
    #[arg(value_parser = value_parser::seconds)]
    timeout: Duration,
}

/// The connection, for one request at a time. `None` between polls if it is closed after each.
type Session = Mutex<Option<Device>>;

/// The answers by function, and by their index in its list in the configuration.
type Raw = BTreeMap<String, BTreeMap<usize, Answer>>;

impl Connector for ModbusTcp {
    type Session = Session;
    type Raw = Raw;
    type Readings = BTreeMap<String, Value>;

    fn sources(&self) -> Vec<Source> {
        vec![Source::poll("registers", self.poll_every)]
    }

    async fn connect(&self) -> Result<Session> {
        Ok(Mutex::new(Some(self.open().await?)))
    }

    async fn receive(&self, session: &Session, _source: usize) -> Result<Option<Raw>> {
        let raw = self.poll(session).await;
        self.hang_up(session).await;
        raw.map(|raw| (!raw.is_empty()).then_some(raw))
    }

    fn parse(&self, raw: &Raw) -> Result<Option<Self::Readings>> {
        let mut readings = BTreeMap::new();
        for read in &self.config.reads {
            let answers = raw.get(read.function);
            if let Some(answer) = answers.and_then(|answers| answers.get(&read.index)) {
                readings.extend(read.values(answer)?);
            }
        }
        Ok(Some(readings))
    }

    fn sensors(&self) -> Vec<Sensor> {
        self.config.reads.iter().flat_map(|read| &read.points).map(Point::sensor).collect()
    }

    fn actuators(&self) -> Vec<Actuator> {
        self.config.writes.iter().map(Write::actuator).collect()
    }

    async fn send(&self, session: &Session, command: &Command) -> Result<()> {
        let mut writes = self.config.writes.iter();
        let write = writes.find(|write| write.point.key == command.key());
        let write = write.ok_or_else(|| command.unknown())?;
        let request = write.request(command).keep_session()?;
        let answer = self.ask(session, write.unit, &request).await;
        self.hang_up(session).await;
        answer.map(drop)
    }
}

impl ModbusTcp {
    /// Reads all configured blocks.
    async fn poll(&self, session: &Session) -> Result<Raw> {
        let mut raw = Raw::new();
        for read in &self.config.reads {
            let answer = self.ask(session, read.unit, &read.request).await?.try_into()?;
            raw.entry(read.function.to_owned()).or_default().insert(read.index, answer);
        }
        Ok(raw)
    }

    /// Sends a request, and repeats it if the device refuses it.
    async fn ask(&self, session: &Session, unit: u8, request: &Request<'_>) -> Result<Response> {
        for _ in 1..self.max_retries {
            match self.ask_once(session, unit, request).await? {
                Ok(response) => return Ok(response),
                Err(_) => sleep(self.retry_wait).await,
            }
        }
        let answer = self.ask_once(session, unit, request).await?;
        answer.with_context(|| format!("unit {unit} refuses {request:?}")).keep_session()
    }

    async fn ask_once(
        &self,
        session: &Session,
        unit: u8,
        request: &Request<'_>,
    ) -> Result<Result<Response, ExceptionCode>> {
        let mut connection = session.lock().await;
        let device = match &mut *connection {
            Some(device) => device,
            none => none.insert(self.open().await?),
        };
        device.set_slave(Slave(unit));
        let answer = self.in_time(device.call(request.clone())).await;
        sleep(self.poll_break).await;
        answer.with_context(|| format!("{request:?} to unit {unit}"))
    }

    async fn open(&self) -> Result<Device> {
        let (host, port) = (&*self.master_ip, self.master_port);
        let connection = self.in_time(TcpStream::connect((host, port))).await;
        Ok(tcp::attach(connection.with_context(|| format!("{host}:{port}"))?))
    }

    /// Waits for the answer of the device, within the time limit.
    async fn in_time<T, E: Into<Error>>(
        &self,
        answer: impl Future<Output = Result<T, E>>,
    ) -> Result<T> {
        let answer = timeout(self.timeout, answer).await;
        answer.map_err(|_| anyhow!("no answer within {:?}", self.timeout))?.map_err(E::into)
    }

    async fn hang_up(&self, session: &Session) {
        if self.disconnect_between_polls {
            *session.lock().await = None;
        }
    }
}

fn main() -> ExitCode {
    connector_runtime::main::<ModbusTcp>()
}
