//! Tests `parse` on a recorded message, and the whole connector on an in-memory bus.

use connector_runtime::testing::Bus;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::*;

/// A message of the device. The command `record` writes such messages to a file.
const ANSWER: &str = include_str!("../fixtures/answer");

#[test]
fn an_answer_becomes_readings() {
    let readings = Readings { temperature: 19.5, setpoint: 21.0 };
    assert_eq!(Thermostat::readings(ANSWER).unwrap(), readings);
    assert!(Thermostat::readings("<html>").is_err());
}

#[tokio::test]
async fn values_reach_the_bus_and_commands_the_device() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/status", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(simulate(listener));

    let (poll, client) = (Duration::from_millis(50), Client::new());
    let mut bus = Bus::start(Thermostat { url, poll, client }).await;
    bus.select(&["temperature", "setpoint"]).await;
    assert_eq!(bus.value("temperature").await, json!(19.5));
    bus.command("setpoint", 99);
    assert!(bus.log().await["msg"].as_str().unwrap().contains("outside of the range"));
    bus.command("setpoint", 23);
    while bus.value("setpoint").await != json!(23.0) {}
    bus.stop().await;
}

/// Simulates the device: one GET or PUT per connection.
async fn simulate(listener: TcpListener) {
    let mut status = ANSWER.to_owned();
    while let Ok((connection, _)) = listener.accept().await {
        answer(connection, &mut status).await.unwrap();
    }
}

async fn answer(mut connection: TcpStream, status: &mut String) -> Result<()> {
    let mut reader = BufReader::new(&mut connection);
    let (mut lines, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(bytes) = line.to_lowercase().strip_prefix("content-length:") {
            length = bytes.trim().parse()?;
        }
        lines.push(line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    if lines[0].starts_with("PUT") {
        let set: serde_json::Value = serde_json::from_slice(&body)?;
        *status = json!({ "temperature": 19.5, "setpoint": set["setpoint"] }).to_string();
    }
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}", status.len());
    connection.write_all(format!("{head}\r\n\r\n{status}").as_bytes()).await?;
    Ok(connection.shutdown().await?)
}
