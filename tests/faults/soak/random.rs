//! A random fault every 30 s.

use std::time::Duration;

use support::{Mosquitto, proxy::Kind};
use tokio::time::{Instant, sleep_until};

use crate::{
    checker::Stream,
    client::Client,
    fault::{Fault, SILENCE, Stage},
    soak::{BACK, assert_in_order, command, heard, resources, variable},
    traffic::{Traffic, WINDOW},
};

const EVERY: Duration = Duration::from_secs(30);

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

pub(super) async fn soak(duration: Duration) {
    let seed = variable("SEED", fastrand::u64(..));
    let mut random = fastrand::Rng::with_seed(seed);
    println!("{duration:?} SEED={seed}");
    let broker = Mosquitto::start().await;
    let mut stage = Stage::set(Client::Connector, broker, Traffic::NUMBERS).await;
    let commander = tokio::spawn(command(stage.broker.port()));
    let id = stage.running.process.as_ref().expect("a connector is a process").id();
    let (start, mut run, mut faults, mut late) = (Instant::now(), Vec::new(), 0, Vec::new());
    let mut first = None;
    while start.elapsed() < duration {
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
        let (memory_before, files_before) = *first.get_or_insert((memory, files));
        println!(
            "{:>6.0} s  {faults:>5} faults  {fault}, back after {back:?}: {}; {} commands; \
             {memory} KiB (first {memory_before}), {files} files (first {files_before})",
            start.elapsed().as_secs_f64(),
            Stream::sum(&stage.checker.streams()),
            run.len(),
        );
    }
    commander.abort();
    let said = stage.load.stop().await;
    stage.checker.settle(said, SILENCE).await;
    run.extend(heard(&mut stage.running.commands));
    let streams = stage.checker.streams();
    let (_, files) = resources(id);
    let (_, files_before) = first.expect("at least one fault");
    println!("{faults} faults, {said} numbers, {} commands", run.len());
    let lost: u64 = streams.iter().map(|stream| stream.lost(said)).sum();
    let tally = Stream::sum(&streams);
    assert_eq!((lost, tally.inversions), (0, 0), "{streams:?}");
    assert!(tally.doubles <= WINDOW * faults, "{} came twice in {faults} faults", tally.doubles);
    assert!(late.is_empty(), "back late: {late:?}");
    assert_in_order(&run);
    assert!(files <= files_before + 8, "{files} files, {files_before} in the beginning");
}
