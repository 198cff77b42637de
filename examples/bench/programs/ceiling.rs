//! The minimal client: one thread, typed readings, MQTT packets encoded by hand, and nothing that makes a
//! connector reliable.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use connector_runtime::prelude::*;

use super::setting::setting;
use crate::plant::{self, DATAPOINTS, Plant};

/// The size of one write, in bytes.
const BATCH: usize = 64 << 10;

/// PUBLISH at QoS 0, retained.
const PUBLISH: u8 = 0x31;

pub(super) fn run() -> Result<()> {
    let name = setting("CONNECTOR_NAME")?;
    let mut broker = connect(&name)?;
    let topics: Vec<_> = (0..DATAPOINTS).map(|index| plant::topic(&name, index)).collect();
    let mut device = BufReader::new(TcpStream::connect(setting("DEVICE_ADDR")?)?);
    let (mut line, mut output) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        if device.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        encode(&mut output, &topics, &line)?;
        let has_more = device.buffer().contains(&b'\n');
        if !has_more || output.len() > BATCH {
            broker.write_all(&output)?;
            output.clear();
        }
    }
}

/// Encodes the values of a line as packets.
fn encode(output: &mut Vec<u8>, topics: &[String], line: &[u8]) -> Result<()> {
    let plant: Plant = serde_json::from_slice(line)?;
    let end = format!(r#","timestamp":{}}}"#, Timestamp::now().as_millis());
    for (value, topic) in plant.values().zip(topics) {
        let start = output.len();
        // The length of the rest has two bytes.
        output.extend_from_slice(&[PUBLISH, 0, 0, 0]);
        output.push(u8::try_from(topic.len())?);
        output.extend_from_slice(topic.as_bytes());
        output.extend_from_slice(br#"{"value":"#);
        serde_json::to_writer(&mut *output, &value)?;
        output.extend_from_slice(end.as_bytes());
        let length = output.len() - start - 3;
        output[start + 1] = u8::try_from(length % 128)? | 0x80;
        output[start + 2] = u8::try_from(length / 128)?;
    }
    Ok(())
}

fn connect(name: &str) -> Result<TcpStream> {
    let (host, port) = (setting("MQTT_BROKER_HOST")?, setting("MQTT_BROKER_PORT")?.parse::<u16>()?);
    let mut broker = TcpStream::connect((host, port))?;
    broker.set_nodelay(true)?;
    let id = u8::try_from(name.len())?;
    // MQTT 3.1.1, a clean session, no keep-alive.
    let mut connect = vec![0x10, id + 12, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 0, 0, id];
    connect.extend_from_slice(name.as_bytes());
    broker.write_all(&connect)?;
    let mut answer = [0; 4];
    broker.read_exact(&mut answer)?;
    ensure!(answer == [0x20, 2, 0, 0], "the broker refuses the connection");
    Ok(broker)
}
