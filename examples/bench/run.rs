//! A run of one program between its device and the bus, which counts its values.

use std::{
    process,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use connector_runtime::prelude::*;

use crate::{
    broker::Broker,
    bus::{Client, Counted, PATIENCE},
    device::{Connection, Device},
    plant,
    process::{Process, Program},
};

/// The time after which the first message is repeated, because its values were not selected yet.
const ATTEMPT: Duration = Duration::from_millis(300);

/// A value that arrives this long after the previous one belongs to another message.
const PAUSE: Duration = Duration::from_millis(100);

/// The conditions of a run.
pub(crate) struct Conditions {
    /// Of values.
    pub(crate) qos: u8,
    /// In one message.
    pub(crate) datapoints: usize,
    /// The number of other known datapoints, and how many of them are selected.
    pub(crate) others: usize,
    pub(crate) selected: usize,
    /// The bytes of each message that are not published.
    pub(crate) padding: usize,
}

impl Conditions {
    /// Only messages with this number of datapoints.
    pub(crate) fn usual(qos: u8, datapoints: usize) -> Self {
        Self { qos, datapoints, others: 0, selected: 0, padding: 0 }
    }
}

/// A program that has published its first values.
pub(crate) struct Run {
    pub(crate) process: Process,
    pub(crate) device: Connection,
    pub(crate) client: Client,
    pub(crate) name: String,
    /// The time from its start to its first announcement.
    pub(crate) start: Duration,
}

/// The cost of a number of messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Processor time of one message, in microseconds.
    pub(crate) message: f64,
    /// The same for each of its values.
    pub(crate) value: f64,
    pub(crate) values_per_second: f64,
    pub(crate) lost: usize,
}

impl Run {
    pub(crate) fn start(broker: &Broker, program: &Program, wanted: &Conditions) -> Result<Self> {
        let name = next_name();
        let mut client = Client::connect(&broker.address, &format!("{name}-harness"))?;
        let map = plant::map(&name, wanted.datapoints, wanted.selected);
        client.publish(&format!("{name}/datapoint_map"), &map, true)?;
        let announced = format!("{name}/available_datapoints");
        let is_announced = matches!(program, Program::Role("typed" | "bare"));
        if is_announced {
            client.subscribe(&announced)?;
        }
        let device = Device::listen()?;
        let began = Instant::now();
        let process = Process::start(program, &settings(broker, &name, &device, wanted.qos)?)?;
        if is_announced {
            client.message(&announced)?;
        }
        let start = began.elapsed();
        client.subscribe(&format!("{name}/messages/#"))?;
        let device = device.accept(wanted.padding)?;
        let mut run = Self { process, device, client, name, start };
        run.begin(wanted)?;
        Ok(run)
    }

    /// Waits for the first values, after which all datapoints are known.
    fn begin(&mut self, wanted: &Conditions) -> Result<()> {
        if wanted.others > 0 {
            self.device.say(&plant::others(wanted.others))?;
        }
        let began = Instant::now();
        loop {
            self.device.say(&plant::line(wanted.datapoints, 0))?;
            let counted = self.client.count(usize::MAX, ATTEMPT, PAUSE)?;
            if counted.values >= wanted.datapoints {
                return Ok(());
            }
            ensure!(began.elapsed() < PATIENCE, "{} says no values", self.name);
        }
    }

    /// Sends it a number of messages.
    pub(crate) fn flood(&mut self, datapoints: usize, messages: usize) -> Result<Cost> {
        let Self { process, device, client, .. } = self;
        let before = process.cpu();
        let Counted { values, time } = thread::scope(|scope| {
            let flood = scope.spawn(|| device.flood(datapoints, messages));
            let silence = Duration::from_millis(1500);
            let counted = client.count(datapoints * messages, PATIENCE, silence)?;
            flood.join().map_err(|_| anyhow!("the device has panicked"))??;
            Ok::<_, Error>(counted)
        })?;
        let used = process.cpu().saturating_sub(before).as_secs_f64() * 1e6;
        let message = used / f64::from(u32::try_from(messages)?);
        let value = message / f64::from(u32::try_from(datapoints)?);
        let values_per_second = f64::from(u32::try_from(values)?) / time.as_secs_f64();
        Ok(Cost { message, value, values_per_second, lost: datapoints * messages - values })
    }
}

/// Returns an unused name, so that no message of an earlier run is retained.
fn next_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("bench-{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The environment of a connector; a peer may need further variables.
fn settings(
    broker: &Broker,
    name: &str,
    device: &Device,
    qos: u8,
) -> Result<Vec<(&'static str, String)>> {
    let (host, port) = broker.host_and_port()?;
    Ok(vec![
        ("CONNECTOR_NAME", name.to_owned()),
        ("MQTT_BROKER_HOST", host.to_owned()),
        ("MQTT_BROKER_PORT", port.to_owned()),
        ("MQTT_VALUE_QOS", qos.to_string()),
        ("DEVICE_ADDR", device.address()?),
        ("SEND_RAW_MESSAGE_TO_DB", "FALSE".to_owned()),
        ("DEBUG", "FALSE".to_owned()),
    ])
}

/// The settings of a role without a device.
pub(crate) fn start_many(broker: &Broker, count: usize) -> Result<(Process, Client, String)> {
    let name = next_name();
    let (host, port) = broker.host_and_port()?;
    let mut client = Client::connect(&broker.address, &format!("{name}-harness"))?;
    for index in 0..count {
        let map = plant::map(&format!("{name}/{index}"), 10, 0);
        client.publish(&format!("{name}-{index}/datapoint_map"), &map, true)?;
    }
    client.subscribe(&format!("{name}/+/messages/0/value"))?;
    let settings = [
        ("CONNECTOR_NAME", name.clone()),
        ("MQTT_BROKER_HOST", host.to_owned()),
        ("MQTT_BROKER_PORT", port.to_owned()),
        ("CONNECTORS", count.to_string()),
    ];
    Ok((Process::start(&Program::Role("many"), &settings)?, client, name))
}
