//! `parse` on what a real device has said, and the whole connector on a bus in memory.

use connector_runtime::testing::Bus;
use serde_json::json;

use super::*;

/// As the device says it: `record` writes such messages to a file.
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
    // A port that is free now.
    let listen = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut bus = Bus::start(Thermostat { address, listen }).await;

    bus.select(&["temperature", "setpoint"]).await;
    // It may not listen yet: a datagram is lost then, so it is sent again, as devices do.
    let said = async {
        loop {
            // An error tells of the one before, which nobody took.
            let _ = device.send_to(ANSWER, listen).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        value = bus.value("temperature") => assert_eq!(value, json!(19.5)),
        () = said => {}
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
