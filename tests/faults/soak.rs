//! For hours: load, commands, and a random fault every 30 s; and an outage of an hour.
//!
//! `SOAK_HOURS=24 SEED=7 cargo test --release --test faults -- --ignored --nocapture soak`, or with
//! `OUTAGE_SECONDS=3600` and `outage`.

use std::{collections::HashSet, env, fs, str::FromStr, time::Duration};

use rumqttc::{AsyncClient, MqttOptions, QoS};
use support::proxy::{Kind, Way};
use tokio::{
    sync::mpsc,
    time::{Instant, interval, sleep, sleep_until, timeout},
};

use crate::{
    client::Client,
    fault::{Fault, Stage},
};

const EVERY: Duration = Duration::from_secs(30);
const SILENCE: Duration = Duration::from_secs(16);
const BACK: Duration = Duration::from_secs(5);

fn variable<T: FromStr>(name: &str, default: T) -> T {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn random_fault(random: &mut fastrand::Rng) -> Fault {
    match random.u8(..11) {
        0 => Fault::Cuts(random.u32(1..=5)),
        1 => Fault::Resets(random.u32(1..=5)),
        2 => Fault::Holes(random.u32(1..=3)),
        3 => Fault::LongHole(random.u64(1..=15)),
        4 => Fault::Stop(random.u64(1..=12)),
        5 => Fault::Kills(1),
        6 => Fault::Lost(Kind::ConnAck),
        7 => Fault::Lost(Kind::SubAck),
        8 => Fault::Lost(Kind::PubAck),
        9 => Fault::Lost(Kind::PubRec),
        _ => Fault::Lost(Kind::PubComp),
    }
}

/// Memory in KiB, and open files, of a process.
fn resources(id: u32) -> (u64, usize) {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let resident = resident.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
    let files = fs::read_dir(format!("/proc/{id}/fd")).map_or(0, Iterator::count);
    (resident.unwrap_or(0), files)
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes SOAK_HOURS"]
async fn soak() {
    let hours: f64 = variable("SOAK_HOURS", 24.0);
    let seed = variable("SEED", fastrand::u64(..));
    let mut random = fastrand::Rng::with_seed(seed);
    println!("SOAK_HOURS={hours} SEED={seed}");
    let mut stage = Stage::set(Client::Connector).await;
    let commander = tokio::spawn(command(stage.broker.port()));
    let id = stage.running.process.as_ref().expect("a connector is a process").id();
    let (start, mut run, mut faults, mut late) = (Instant::now(), Vec::new(), 0, Vec::new());
    let mut first = None;
    while start.elapsed().as_secs_f64() < hours * 3600.0 {
        let next = Instant::now() + EVERY;
        let fault = random_fault(&mut random);
        let back = stage.suffer(fault).await;
        faults += fault.count();
        if back.is_none_or(|back| back > BACK * 3) {
            late.push((faults, fault, back));
        }
        sleep_until(next).await;
        if matches!(fault, Fault::Kills(_)) {
            stage.checker.excuse_the_broker();
        }
        run.extend(heard(&mut stage.running.commands));
        let (memory, files) = resources(id);
        let (_, memory_before, files_before) =
            *first.get_or_insert((Instant::now(), memory, files));
        let [values, raws] = stage.checker.streams();
        println!(
            "{:>6.0} s  {faults:>5} faults  {fault}, back after {back:?}: values {values}; raw {raws}; \
             {} commands; {memory} KiB (first {memory_before}), {files} files (first {files_before})",
            start.elapsed().as_secs_f64(),
            run.len(),
        );
    }
    commander.abort();
    let said = stage.load.stop().await;
    stage.checker.settle(said, SILENCE).await;
    run.extend(heard(&mut stage.running.commands));
    let streams = stage.checker.streams();
    let (memory, files) = resources(id);
    let (since, memory_before, files_before) = first.expect("at least one fault");
    #[allow(clippy::cast_precision_loss, reason = "for people")]
    let slope = (memory as f64 - memory_before as f64) / 1024.0 * 24.0 * 3600.0
        / since.elapsed().as_secs_f64().max(1.0);
    println!("{faults} faults, {said} numbers, {} commands; {slope:.1} MiB/day", run.len());
    let lost: u64 = streams.iter().map(|stream| stream.lost(said)).sum();
    let inversions: u64 = streams.iter().map(|stream| stream.inversions).sum();
    let doubles: u64 = streams.iter().map(|stream| stream.doubles).sum();
    assert_eq!((lost, inversions), (0, 0), "{streams:?}");
    assert!(doubles <= 16 * faults, "{doubles} came twice in {faults} faults");
    assert!(late.is_empty(), "back late: {late:?}");
    assert!(run.is_sorted_by(|a, b| a < b), "{run:?}");
    assert_eq!(run.iter().collect::<HashSet<_>>().len(), run.len(), "{run:?}");
    assert!(files <= files_before + 8, "{files} files, {files_before} in the beginning");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes OUTAGE_SECONDS"]
async fn outage() {
    let outage = Duration::from_secs(variable("OUTAGE_SECONDS", 3600));
    let stage = Stage::set(Client::Connector).await;
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
        println!("{stream}; {} of {said} were dropped", stream.lost(said));
        assert_eq!(stream.inversions, 0);
    }
    assert!(back.is_ok(), "it is not back within {BACK:?}");
    assert_eq!(stage.checker.retained().await, said.checked_sub(1));
}
