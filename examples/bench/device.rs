//! The device: sends messages as lines over TCP, as fast as they are received, and receives commands as lines.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Instant,
};

use connector_runtime::prelude::*;

use crate::{bus::PATIENCE, plant};

/// The number of different messages.
const VARIANTS: usize = 16;

/// The size of one write, in bytes.
const BATCH: usize = 64 << 10;

/// The device, which waits for its connector.
pub(crate) struct Device {
    listener: TcpListener,
}

impl Device {
    pub(crate) fn listen() -> Result<Self> {
        Ok(Self { listener: TcpListener::bind("127.0.0.1:0")? })
    }

    pub(crate) fn address(&self) -> Result<String> {
        Ok(self.listener.local_addr()?.to_string())
    }

    /// Waits for the connector. Each message of a flood contains this number of bytes of other text.
    pub(crate) fn accept(&self, padding: usize) -> Result<Connection> {
        self.listener.set_nonblocking(true)?;
        let start = Instant::now();
        let stream = loop {
            if let Ok((stream, _)) = self.listener.accept() {
                break stream;
            }
            ensure!(start.elapsed() < PATIENCE, "the connector did not connect to its device");
            thread::sleep(Duration::from_millis(1));
        };
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let commands = BufReader::new(stream.try_clone()?);
        Ok(Connection { stream, commands, padding })
    }
}

/// The connection with the connector.
pub(crate) struct Connection {
    stream: TcpStream,
    commands: BufReader<TcpStream>,
    padding: usize,
}

impl Connection {
    /// Sends one message.
    pub(crate) fn say(&mut self, line: &str) -> Result<()> {
        Ok(self.stream.write_all(line.as_bytes())?)
    }

    /// Sends a number of messages, each with the same number of datapoints.
    pub(crate) fn flood(&mut self, datapoints: usize, messages: usize) -> Result<()> {
        let line = |number| plant::padded(&plant::line(datapoints, number), self.padding);
        let lines: Vec<_> = (0..VARIANTS).map(line).collect();
        let mut batch = String::new();
        for line in lines.iter().cycle().take(messages) {
            batch.push_str(line);
            if batch.len() >= BATCH {
                self.stream.write_all(batch.as_bytes())?;
                batch.clear();
            }
        }
        Ok(self.stream.write_all(batch.as_bytes())?)
    }

    /// Waits for a command.
    pub(crate) fn command(&mut self) -> Result<String> {
        let mut line = String::new();
        self.commands.read_line(&mut line)?;
        Ok(line)
    }
}
