//! Stop signals at the worst moments, and a system that denies threads.

use std::{
    io::{Read, Write, pipe},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use support::{Device, Embedded, Launch, World, free_port, launch, patiently};
use tokio::{process::Command, time::sleep};

fn stubborn() -> Launch {
    Launch::program("stubborn").broker(free_port())
}

#[tokio::test]
async fn a_signal_in_the_first_moments_ends_it_with_exit_code_0() {
    for moment in 0..30 {
        let launch = launch(free_port(), ([127, 0, 0, 1], free_port()).into());
        let connector = launch.start();
        let signals = support::stop_signals();
        let signal = signals[moment % signals.len()];
        connector.heeds(signal).await;
        sleep(Duration::from_micros(400 * moment as u64)).await;
        connector.stop(signal).await.assert_clean();
    }
}

#[tokio::test]
async fn a_signal_ends_it_while_its_start_is_blocked() {
    let connector = stubborn().variable("BLOCK_AT", "start").start();
    connector.stdout.line("CONNECTOR_NAME is not set").await;
    connector.terminate().await.assert_clean();
}

#[tokio::test]
async fn a_shutdown_that_is_blocked_ends_nevertheless() {
    let connector = stubborn().start();
    connector.stdout.line("cannot connect to the broker").await;
    let ended = connector.terminate().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    assert!(ended.stdout.contains("exiting before the shutdown was finished"), "{}", ended.stdout);
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let connector = stubborn().start();
    connector.stdout.line("cannot connect to the broker").await;
    connector.signal("TERM").await;
    connector.stdout.line("Connector stopped.").await;
    // Signals that follow at once belong to the first one.
    sleep(Duration::from_millis(500)).await;
    let ended = connector.interrupt().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    assert!(!ended.stdout.contains("exiting before"), "{}", ended.stdout);
}

#[tokio::test]
async fn signals_that_come_together_are_one() {
    let mut world = World::start(Embedded::start().await.into()).await;
    world.settle().await;
    let id = world.connector.id().to_string();
    let script = "kill -s TERM $0; kill -s INT $0; kill -s HUP $0";
    let sent = Command::new("bash").args(["-c", script, &id]).status().await;
    assert!(sent.expect("bash starts").success());
    world.bus.next_where("demo/status", |status| status.text() == "offline").await;
    world.connector.wait().await.assert_clean();
}

#[tokio::test]
async fn nohup_keeps_it_running() {
    let (broker, device) = (Embedded::start().await, Device::start().await);
    let connector = launch(broker.port(), device.address()).within("trap '' HUP").start();
    connector.stdout.line("Connector online").await;
    connector.signal("HUP").await;
    let ended = connector.terminate().await;
    ended.assert_clean();
    assert!(ended.stdout.contains("received SIGTERM"), "{}", ended.stdout);
}

#[tokio::test]
async fn signals_that_its_parent_blocks_end_it() {
    let block = "set -- env --block-signal=TERM --block-signal=INT --block-signal=HUP \"$@\"";
    for signal in support::stop_signals() {
        let launch = launch(free_port(), ([127, 0, 0, 1], free_port()).into());
        let connector = launch.within(block).start();
        connector.stdout.line("cannot connect to the broker").await;
        connector.stop(signal).await.assert_clean();
    }
}

#[tokio::test]
async fn the_limit_of_the_shutdown_excludes_the_time_for_which_it_is_frozen() {
    let connector = stubborn().start();
    connector.stdout.line("cannot connect to the broker").await;
    let start = Instant::now();
    connector.signal("TERM").await;
    connector.stdout.line("Connector stopped.").await;
    connector.pause().await;
    let before = start.elapsed();
    sleep(Duration::from_secs(3)).await;
    let resumed = Instant::now();
    connector.resume().await;
    let ended = connector.wait().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    let after = resumed.elapsed();
    assert!(before + after > Duration::from_millis(2500), "{before:?} before, {after:?} after");
}

#[tokio::test]
async fn a_signal_ends_it_while_nobody_reads_its_output() {
    let (mut reader, writer) = pipe().expect("a pipe");
    let mut filler = writer.try_clone().expect("another end");
    let launch = launch(free_port(), ([127, 0, 0, 1], free_port()).into());
    let connector = launch.stdout(Stdio::from(writer)).start();
    let mut output = Vec::new();
    while !String::from_utf8_lossy(&output).contains("cannot connect to the broker") {
        let mut bytes = [0; 100];
        let count = reader.read(&mut bytes).expect("it runs");
        output.extend_from_slice(&bytes[..count]);
    }
    let written = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&written);
    std::thread::spawn(move || {
        while filler.write_all(b"\n").is_ok() {
            count.fetch_add(1, Relaxed);
        }
    });
    let is_full = async {
        let mut before = 0;
        while before == 0 || written.load(Relaxed) != before {
            before = written.load(Relaxed);
            sleep(Duration::from_millis(100)).await;
        }
    };
    patiently(is_full, || format!("{written:?}")).await;
    let ended = connector.terminate().await;
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
    drop(reader);
}

#[tokio::test]
async fn a_signal_ends_every_tool() {
    let device = Device::start().await;
    for arguments in [&["once"][..], &["record", "messages.ndjson"]] {
        for signal in support::stop_signals() {
            let launch = launch(free_port(), device.address());
            let launch = arguments.iter().fold(launch, |launch, it| launch.argument(it));
            let ended = launch.start().stop(signal).await;
            assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
        }
    }
}

/// Starts it in a shell that sets limits from the lowest to the highest. Until they suffice, it must report what the
/// system denies; at least one of them must be that low.
async fn is_reported(limits: impl Iterator<Item = String>) {
    let mut reports = 0;
    for limit in limits {
        let launch = launch(free_port(), ([127, 0, 0, 1], free_port()).into());
        let connector = launch.within(&limit).start();
        if connector.stdout.line_unless_closed("cannot connect to the broker").await.is_some() {
            // With little memory, the C library may abort it later.
            let ended = connector.terminate().await;
            assert!(matches!(ended.code, Some(0) | None), "{limit}: {}", ended.stderr);
            continue;
        }
        // With even less, the system cannot load the program.
        let ended = connector.wait().await;
        let is_reported = ended.stderr.contains("error: cannot start the threads: ")
            || ended.stderr.contains("error: cannot receive signals: ");
        if is_reported {
            assert_eq!(ended.code, Some(1), "{limit}: {}", ended.stderr);
            reports += 1;
        }
    }
    assert!(reports > 0);
}

#[tokio::test]
async fn a_system_that_denies_threads_is_reported() {
    // The stacks of the threads soon fill the address space.
    is_reported((16_000..80_000).step_by(4_000).map(|kib| format!("ulimit -v {kib}"))).await;
}

#[tokio::test]
async fn a_system_that_denies_files_is_reported() {
    is_reported((4..20).map(|files| format!("ulimit -n {files}"))).await;
}
