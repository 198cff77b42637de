//! Charge points that come, speak and go.

use ocpp_types::{CallError, v16::RpcErrorCode};

use super::*;

#[tokio::test]
async fn what_a_charge_point_says_becomes_sensors() {
    let (mut bus, address) = bus().await;
    let station = Station::start(address, "CP1");
    select(&mut bus, &[START], &["CP1__connected", STATUS, "CP1__Heartbeat"]).await;
    until(&mut bus, "CP1__connected", true).await;
    until(&mut bus, STATUS, "Available").await;
    station.call("h", "Heartbeat", &json!({}));
    until(&mut bus, "CP1__Heartbeat", "alive").await;
    drop(station);
    until(&mut bus, "CP1__connected", false).await;
    bus.stop().await;
}

#[tokio::test]
async fn what_is_no_ocpp_is_told_and_survived() {
    let (mut bus, address) = bus().await;
    let mut station = Station::start(address, "CP1");
    select(&mut bus, &[START], &[STATUS, "CP1__Heartbeat"]).await;
    for garbage in ["", "[]", "{}", "[2]", r#"[2,"1","Heartbeat",7]"#, r#"[3,"unasked"]"#, "[9,"] {
        station.send(garbage);
        told(&mut bus, "no OCPP frame").await;
    }
    station.send(r#"[3,"unasked",{}]"#);
    station.send(r#"[4,"unasked","GenericError","",{}]"#);
    station.call("odd", "FillTheTank", &json!({ "liters": 40 }));
    let refused = loop {
        let answer = station.answers.recv().await.unwrap();
        if answer.contains(r#""odd""#) {
            break answer;
        }
    };
    let error: CallError<RpcErrorCode> = serde_json::from_str(&refused).unwrap();
    assert_eq!(error.error_code, RpcErrorCode::NotImplemented);
    station.call("h", "Heartbeat", &json!({}));
    until(&mut bus, "CP1__Heartbeat", "alive").await;
    bus.stop().await;
}

#[tokio::test]
async fn a_charge_point_may_come_and_go_while_it_charges() {
    let (mut bus, address) = bus().await;
    let station = Station::start(address, "CP1");
    select(&mut bus, &[START, STOP], &[STATUS, "CP1__BootNotification__chargePointModel"]).await;
    until(&mut bus, STATUS, "Available").await;
    bus.command(START, "TAG");
    until(&mut bus, STATUS, "Charging").await;
    station.reconnect();
    until(&mut bus, "CP1__BootNotification__chargePointModel", "Simulator").await;
    until(&mut bus, STATUS, "Charging").await;
    bus.command(STOP, true);
    until(&mut bus, STATUS, "Available").await;
    bus.stop().await;
}

#[tokio::test]
async fn charge_points_come_back_to_a_restarted_connector() {
    let (ocpp, address) = ocpp().await;
    let again = Ocpp { stations: Arc::default(), host: ocpp.host, ..ocpp };
    let mut bus = Bus::start(ocpp).await;
    let mut station = Station::start(address, "CP1");
    select(&mut bus, &[START], &[STATUS]).await;
    until(&mut bus, STATUS, "Available").await;
    bus.command(START, "TAG");
    until(&mut bus, STATUS, "Charging").await;
    bus.stop().await;
    let mut bus = Bus::start(again).await;
    select(&mut bus, &[WATTS, STOP], &[STATUS, POWER]).await;
    until(&mut bus, STATUS, "Charging").await;
    bus.command(WATTS, 3000);
    until(&mut bus, POWER, 3000.0).await;
    question(&mut station, "RemoteStartTransaction").await;
    question(&mut station, "SetChargingProfile").await;
    bus.command(STOP, true);
    question(&mut station, "RemoteStopTransaction").await;
    until(&mut bus, STATUS, "Available").await;
    bus.stop().await;
}

#[tokio::test]
async fn the_newer_of_two_connections_with_one_id_counts() {
    let (mut bus, address) = bus().await;
    let mut old = connected(address, "CP1").await;
    old.send(Data::text(r#"[2,"1","StatusNotification",{"connectorId":1}]"#)).await.unwrap();
    select(&mut bus, &[START], &["CP1__connected"]).await;
    until(&mut bus, "CP1__connected", true).await;
    let mut new = connected(address, "CP1").await;
    assert_eq!(bus.value("CP1__connected").await, true);
    while let Some(Ok(_)) = old.next().await {}
    new.send(Data::text(r#"[2,"1","Heartbeat",{}]"#)).await.unwrap();
    while !matches!(new.next().await.unwrap().unwrap(), Data::Text(_)) {}
    new.close(None).await.unwrap();
    assert_eq!(bus.value("CP1__connected").await, false);
    bus.stop().await;
}

#[tokio::test]
async fn other_protocols_and_nameless_charge_points_are_turned_away() {
    let (bus, address) = bus().await;
    drop(connected(address, "CP1").await);
    let url = format!("ws://{address}/CP1");
    assert!(simulator::connect(address, &url, "ocpp2.0.1").await.is_err());
    let mut nameless = connected(address, "").await;
    assert!(matches!(nameless.next().await, Some(Ok(Data::Close(_)))));
    bus.stop().await;
}

#[tokio::test]
async fn an_id_may_have_characters_that_a_path_cannot_have() {
    let (mut bus, address) = bus().await;
    let _station = Station::start(address, "R%C3%84DAM%7C%31%zz/");
    let key = "RÄDAM|1%zz__1__StatusNotification__status";
    select(&mut bus, &["RÄDAM|1%zz__1__remote_start"], &[key]).await;
    until(&mut bus, key, "Available").await;
    bus.stop().await;
}

#[tokio::test]
async fn a_charge_point_that_sends_too_much_is_cut_and_may_come_back() {
    let (mut bus, address) = bus().await;
    let station = Station::start(address, "CP1");
    select(&mut bus, &[START], &["CP1__connected", STATUS]).await;
    until(&mut bus, STATUS, "Available").await;
    station.send("x".repeat(2 << 20));
    until(&mut bus, "CP1__connected", false).await;
    until(&mut bus, STATUS, "Available").await;
    bus.stop().await;
}
