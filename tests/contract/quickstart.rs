//! The quickstart: what a newcomer sees within a few seconds.

use std::time::Duration;

use support::{Bus, Launch, Moment, Mosquitto};

#[tokio::test]
async fn it_needs_nothing_but_itself() {
    let start = Moment::now();
    let quickstart = Launch::program("quickstart").argument("--for").argument("8").start();
    quickstart.stdout.line("bus     quickstart/messages/2/value  {").await;
    assert!(start.elapsed() < Duration::from_secs(3), "{}", quickstart.stdout.text());
    quickstart.stdout.line("setpoint is now 26").await;
    let ended = quickstart.wait().await;
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{}", ended.stdout);
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn it_uses_the_broker_of_the_environment() {
    let broker = Mosquitto::start().await;
    let mut bus = Bus::on(broker.port()).await;
    let quickstart = Launch::program("quickstart").broker(broker.port()).start();
    let topic = bus.next("quickstart/datapoint_map").await.json()["sensor"].take();
    assert!(topic.as_object().is_some(), "{topic}");
    let temperature = bus.next("quickstart/messages/2/value").await;
    assert!(temperature.value().is_f64(), "{temperature:?}");
    bus.next("quickstart/heartbeat").await;
    quickstart.interrupt().await.assert_clean();
    bus.next_where("quickstart/logs", |log| log.text().contains("Connector stopped.")).await;
}
