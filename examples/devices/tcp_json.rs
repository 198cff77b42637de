//! Two rooms with thermostats, which push JSON lines.

use std::net::SocketAddr;

use connector_runtime::prelude::*;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::interval,
};

use crate::guide::Guide;

pub(crate) async fn start(address: SocketAddr) -> Result<Guide> {
    let listener = TcpListener::bind(address).await?;
    println!("device  two rooms, as JSON lines at {address}");
    tokio::spawn(async move {
        let mut rooms = [Room::default(), Room::default()];
        while let Ok((connection, _)) = listener.accept().await {
            // A connector may disconnect at any time.
            let _ = serve(&mut rooms, connection).await;
        }
    });
    Ok(Guide {
        connector: "tcp-json",
        settings: vec![("DEVICE_ADDR", address.to_string())],
        order: Some(("room_1__setpoint", json!(26.0))),
    })
}

/// In °C.
#[derive(Serialize)]
struct Room {
    temperature: f64,
    setpoint: f64,
}

impl Default for Room {
    fn default() -> Self {
        Self { temperature: 19.0, setpoint: 21.0 }
    }
}

impl Room {
    /// Moves the temperature a tenth of the way to the setpoint, rounded as by the thermostat.
    fn warm_up(&mut self) {
        let temperature = self.temperature + (self.setpoint - self.temperature) * 0.1;
        self.temperature = (temperature * 100.0).round() / 100.0;
    }
}

async fn serve(rooms: &mut [Room; 2], connection: TcpStream) -> Result<()> {
    let (reader, mut writer) = connection.into_split();
    let mut commands = BufReader::new(reader).lines();
    let mut seconds = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            command = commands.next_line() => match command? {
                Some(command) => obey(rooms, &command),
                None => return Ok(()),
            },
            _ = seconds.tick() => {
                rooms.iter_mut().for_each(Room::warm_up);
                let line = json!({ "room_1": rooms[0], "room_2": rooms[1] }).to_string() + "\n";
                writer.write_all(line.as_bytes()).await?;
            }
        }
    }
}

/// Executes the command in a line, if it is valid.
fn obey(rooms: &mut [Room; 2], line: &str) {
    println!("device  {line}");
    let command: Value = serde_json::from_str(line).unwrap_or_default();
    let room = match command["set"].as_str() {
        Some("room_1__setpoint") => &mut rooms[0],
        Some("room_2__setpoint") => &mut rooms[1],
        _ => return,
    };
    room.setpoint = command["value"].as_f64().unwrap_or(room.setpoint);
}
