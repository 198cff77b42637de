//! Tests `parse` on a recorded message, and the whole connector on an in-memory bus.

use connector_runtime::testing::Bus;
use serde_json::json;

use super::*;

/// A message of the device. The command `record` writes such messages to a file.
const ANSWER: &[u8] = include_bytes!("../fixtures/answer");

#[test]
fn a_datagram_becomes_readings() {
    let readings = Readings { temperature: 19.5, setpoint: 21.0 };
    assert_eq!(Thermostat::readings(ANSWER).unwrap(), readings);
    assert!(Thermostat::readings(b"\xff").is_err());
}

#[tokio::test]
async fn values_reach_the_bus_and_commands_the_device() {
    let device = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = device.local_addr().unwrap().to_string();
    // A free port.
    let listen = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut bus = Bus::start(Thermostat { address, listen }).await;

    bus.select(&["temperature", "setpoint"]).await;
    // Until the connector listens, datagrams are lost, so this one is sent again and again.
    let sending = async {
        loop {
            // An error refers to the previous datagram, which nobody received.
            let _ = device.send_to(ANSWER, listen).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        value = bus.value("temperature") => assert_eq!(value, json!(19.5)),
        () = sending => {}
    }
    bus.command("setpoint", 99);
    assert!(bus.log().await["msg"].as_str().unwrap().contains("outside of the range"));
    bus.command("setpoint", 23);
    let mut datagram = [0; 100];
    let length = loop {
        if let Ok(length) = device.recv(&mut datagram).await {
            break length;
        }
    };
    assert_eq!(&datagram[..length], b"{\"setpoint\":23}");
    bus.stop().await;
}
