//! For hours: the load of a busy device, and a broker that is restarted each minute.
//!
//! `SOAK_HOURS=24 cargo test --release --test faults -- --ignored --nocapture soak` prints a line each minute.
//! `FAULTS=random SEED=7` causes a random fault every 30 s instead, under a thousand numbers a second, and
//! `OUTAGE_SECONDS=3600` with `outage` one outage of an hour.

mod random;
mod restarts;

use std::{env, fs, path::Path, str::FromStr, time::Duration};

use rumqttc::{AsyncClient, MqttOptions, QoS};
use support::{
    Mosquitto,
    proxy::{Kind, Way},
};
use tokio::{
    sync::mpsc,
    time::{Instant, interval, sleep, timeout},
};

use crate::{
    checker::Stream,
    client::Client,
    fault::{SILENCE, Stage},
    traffic::Traffic,
};

/// How soon the connector is back once the broker is.
const BACK: Duration = Duration::from_secs(5);

fn variable<T: FromStr>(name: &str, default: T) -> T {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn files_in(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

/// Memory in KiB, and open files, of a process.
fn resources(id: u32) -> (u64, usize) {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let resident = resident.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
    (resident.unwrap_or(0), files_in(format!("/proc/{id}/fd").as_ref()))
}

/// Publishes a numbered command each second, straight at the broker.
async fn command(port: u16) {
    let (client, mut events) =
        AsyncClient::new(MqttOptions::new("commander", "127.0.0.1", port), 10);
    let mut seconds = interval(Duration::from_secs(1));
    let mut number = 0;
    loop {
        tokio::select! {
            event = events.poll() => if event.is_err() {
                sleep(Duration::from_millis(100)).await;
            },
            _ = seconds.tick() => {
                let payload = format!(r#"{{"value":{number},"timestamp":1573680749000}}"#);
                // Without a broker there is no room at some time: then nobody is told.
                let _ = client.try_publish("demo/set", QoS::ExactlyOnce, false, payload);
                number += 1;
            }
        }
    }
}

/// What the device has heard since this was last asked.
fn heard(commands: &mut mpsc::UnboundedReceiver<String>) -> Vec<u64> {
    let lines = std::iter::from_fn(|| commands.try_recv().ok());
    let digits = |line: String| {
        let (_, value) = line.rsplit_once(':')?;
        value.trim_end_matches('}').parse().ok()
    };
    lines.filter_map(digits).collect()
}

/// Each once at most, and in order.
#[track_caller]
fn assert_in_order(commands: &[u64]) {
    assert!(commands.is_sorted_by(|a, b| a < b), "{commands:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes SOAK_HOURS"]
async fn soak() {
    let hours: f64 = variable("SOAK_HOURS", 24.0);
    let duration = Duration::from_secs_f64(hours * 3600.0);
    match &*variable("FAULTS", "restarts".to_owned()) {
        "random" => random::soak(duration).await,
        "restarts" => restarts::soak(duration).await,
        faults => panic!("FAULTS={faults}: set it to `restarts` or `random`"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes OUTAGE_SECONDS"]
async fn outage() {
    let outage = Duration::from_secs(variable("OUTAGE_SECONDS", 3600));
    let stage = Stage::set(Client::Connector, Mosquitto::start().await, Traffic::NUMBERS).await;
    let process = stage.running.process.as_ref().expect("a connector is a process");
    let (before, _) = resources(process.id());
    stage.proxy.close(true);
    stage.proxy.cut();
    sleep(outage).await;
    let (during, _) = resources(process.id());
    stage.proxy.close(false);
    let start = Instant::now();
    let back = timeout(BACK, stage.proxy.next(Way::ToClient, Kind::PubAck)).await;
    let back = back.map(|()| start.elapsed());
    sleep(Duration::from_secs(1)).await;
    let said = stage.load.stop().await;
    stage.checker.settle(said, SILENCE).await;
    println!(
        "{outage:?} without a broker: {said} numbers; back after {back:?}; {before} KiB before, {during} KiB during"
    );
    let streams = stage.checker.streams();
    for stream in &streams {
        println!("{}; {} of {said} were dropped", Stream::sum([stream]), stream.lost(said));
        assert_eq!(stream.inversions, 0);
    }
    assert!(back.is_ok(), "it is not back within {BACK:?}");
    assert_eq!(stage.checker.retained().await, said.checked_sub(1));
}
