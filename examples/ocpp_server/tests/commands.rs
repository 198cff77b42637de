//! Commands, and what charge points make of them.

use super::*;

#[tokio::test]
async fn a_car_is_charged_by_command() {
    let (mut bus, address) = bus().await;
    let mut station = Station::start(address, "CP1");
    select(&mut bus, &[START, STOP, WATTS, AMPERES, TRIGGER], &[STATUS, POWER]).await;
    until(&mut bus, STATUS, "Available").await;
    bus.command(START, "TAG");
    let start = question(&mut station, "RemoteStartTransaction").await;
    assert_eq!(start, json!({ "connectorId": 1, "idTag": "TAG" }));
    until(&mut bus, POWER, 11_000.0).await;
    bus.command(WATTS, 4200.04);
    let profile = &question(&mut station, "SetChargingProfile").await["csChargingProfiles"];
    let period = &profile["chargingSchedule"]["chargingSchedulePeriod"][0];
    assert_eq!(*period, json!({ "startPeriod": 0, "limit": 4200.0 }));
    until(&mut bus, POWER, 4200.0).await;
    bus.command(AMPERES, 10);
    until(&mut bus, POWER, 6900.0).await;
    bus.command(TRIGGER, "MeterValues");
    until(&mut bus, POWER, 6900.0).await;
    bus.command(STOP, true);
    until(&mut bus, STATUS, "Available").await;
    bus.stop().await;
}

#[tokio::test]
async fn what_the_charge_point_refuses_is_told_and_hurts_nobody() {
    let (mut bus, address) = bus().await;
    let mut station = Station::start(address, "CP1");
    select(&mut bus, &[START, STOP, WATTS], &[STATUS]).await;
    until(&mut bus, STATUS, "Available").await;
    for (mood, complaint) in [
        (Mood::Refusing, r#"CP1 answers SetChargingProfile with {"status":"Rejected"}"#),
        (Mood::Confused, "InternalError"),
        (Mood::Silent, "CP1 does not answer SetChargingProfile"),
        (Mood::Refusing, r#"CP1 answers SetChargingProfile with {"status":"Rejected"}"#),
    ] {
        station.feel(mood);
        station.call("h", "Heartbeat", &json!({}));
        while !station.answers.recv().await.unwrap().contains(r#""h""#) {}
        bus.command(WATTS, 4200);
        told(&mut bus, complaint).await;
    }
    bus.command(STOP, true);
    told(&mut bus, "CP1__1 has no transaction").await;
    bus.command(STOP, false);
    told(&mut bus, "`false` does nothing").await;
    bus.command(START, "a tag of more than 20 characters");
    told(&mut bus, "20").await;
    bus.command(WATTS, -1);
    told(&mut bus, "outside of the range").await;
    station.feel(Mood::Obedient);
    bus.command(START, "TAG");
    until(&mut bus, STATUS, "Charging").await;
    bus.stop().await;
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_taken_for_another() {
    let (mut bus, address) = bus().await;
    let mut station = Station::start(address, "CP1");
    select(&mut bus, &[WATTS, TRIGGER], &[STATUS]).await;
    until(&mut bus, STATUS, "Available").await;
    station.feel(Mood::Silent);
    bus.command(WATTS, 4200);
    let late: Value = serde_json::from_str(&station.questions.recv().await.unwrap()).unwrap();
    told(&mut bus, "CP1 does not answer SetChargingProfile").await;
    bus.command(TRIGGER, "Heartbeat");
    let next: Value = serde_json::from_str(&station.questions.recv().await.unwrap()).unwrap();
    assert_ne!(late[1], next[1]);
    station.send(json!([3, late[1], { "status": "Accepted" }]).to_string());
    station.send(json!([3, next[1], { "status": "NotImplemented" }]).to_string());
    told(&mut bus, r#"TriggerMessage with {"status":"NotImplemented"}"#).await;
    bus.stop().await;
}

#[tokio::test]
async fn charge_points_are_told_apart() {
    let (mut bus, address) = bus().await;
    let mut one = Station::start(address, "CP1");
    let mut two = Station::start(address, "CP2");
    let (watts, power) = ("CP2__1__limit_watts", "CP2__1__MeterValues__Power.Active.Import__W");
    select(&mut bus, &[WATTS, watts], &[POWER, "CP2__connected", power]).await;
    until(&mut bus, "CP2__connected", true).await;
    bus.command(watts, 2000);
    question(&mut two, "SetChargingProfile").await;
    until(&mut bus, power, 0.0).await;
    drop(two);
    until(&mut bus, "CP2__connected", false).await;
    bus.command(watts, 2000);
    told(&mut bus, "CP2 is not connected").await;
    bus.command(WATTS, 1000);
    until(&mut bus, POWER, 0.0).await;
    question(&mut one, "SetChargingProfile").await;
    bus.stop().await;
}
