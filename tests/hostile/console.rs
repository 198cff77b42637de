//! A console that nobody reads, or that fails.
//!
//! The console is a named pipe in the folder of the connector. A process that has opened it both for
//! reading and for writing is a reader that never reads.

use std::path::Path;

use support::{Device, Folder, Launch, Mosquitto, NAME, Output, World, free_port, get, launch};
use tokio::net::unix::pipe;

use crate::wait::until_counted;

/// Messages of the device, each with this many bytes and each logged twice with `DEBUG=TRUE`.
const MESSAGES: usize = 1000;
const BYTES: usize = 500;

/// Fills the pipe before the connector starts.
const FULL: &str = "mkfifo pipe; exec 7<>pipe; head -c 65536 /dev/zero >&7";

/// A pipe whose reader has gone.
const GONE: &str = "mkfifo pipe; exec 7<>pipe 8>pipe 7>&-";

/// Starts a connector after a preparation, which changes its console, and floods its log: it works, and ends
/// in time.
async fn works_after(preparation: &str) {
    let (broker, port) = (Mosquitto::start().await, free_port());
    let settings = |launch: Launch| {
        let launch = launch.variable("DEBUG", "TRUE").variable("HEARTBEAT_SECONDS", "1");
        launch.variable("HEALTH_ADDR", &port).within(preparation)
    };
    let mut world = World::with(broker.into(), settings).await;
    world.catch_up("ready").await;
    world.select(&serde_json::json!({ "sensor": { "x": "demo/x" }, "actuator": {} })).await;
    let filler = "-".repeat(BYTES);
    for i in 0..MESSAGES {
        world.link.say(&format!(r#"{{"x":{i},"filler":"{filler}"}}"#)).await;
    }
    world.bus.next_where("demo/x", |value| value.value() == MESSAGES - 1).await;
    world.bus.skip("demo/heartbeat");
    world.bus.next("demo/heartbeat").await;
    assert_eq!(get(port, "/healthz").await, Some((200, "ok\n".to_owned())));
    // With exit code 0 after at most 3 s.
    world.end().await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_stdout_that_nobody_reads_delays_nothing() {
    works_after(&format!("{FULL}; exec 1>&7")).await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_stderr_that_nobody_reads_delays_nothing() {
    works_after(&format!("{FULL}; exec 1>&7 2>&7")).await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_console_whose_reader_has_gone_delays_nothing() {
    works_after(&format!("{GONE}; exec 1>&8 2>&8")).await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_closed_console_delays_nothing() {
    works_after("exec 1>&- 2>&-").await;
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_console_on_a_full_disk_delays_nothing() {
    works_after("exec 1>/dev/full 2>&1").await;
}

#[tokio::test]
async fn a_reader_that_returns_gets_the_number_of_lost_lines_and_the_last_lines() {
    let (port, folder) = (free_port(), Folder::new());
    let pipe = folder.path().join("pipe");
    // Without a broker: each attempt to connect is logged on level DEBUG.
    let launch = launch(free_port(), Device::place()).variable("DEBUG", "TRUE");
    let launch = launch.variable("HEALTH_ADDR", &port);
    let connector = launch.within(&gone_at(&pipe)).start();
    until_counted(port, r#"log_messages_dropped_total{reason="console"}"#, 1).await;
    let reader = pipe::OpenOptions::new().open_receiver(&pipe).expect("the pipe exists");
    let console = Output::of(reader);
    console.line("dropped ").await;
    assert!(console.text().contains(": the console did not accept more"), "{}", console.text());
    connector.terminate().await.assert_clean();
    assert!(console.text().ends_with(" INFO connector_runtime::runtime::run: Connector stopped."));
}

fn gone_at(pipe: &Path) -> String {
    format!("cd {}; {GONE}; exec 1>&8", pipe.parent().expect("a folder").display())
}

#[tokio::test]
async fn a_tool_prints_log_messages_to_stderr() {
    let nowhere = Device::place();
    let once = Launch::program("tcp_json").named(NAME).device(nowhere).argument("once").start();
    once.stderr.line("no connection to the device, retrying: cannot connect: cannot reach").await;
    let ended = once.stop("TERM").await;
    assert_eq!((ended.code, &*ended.stdout), (Some(0), ""), "{}", ended.stderr);
}

#[tokio::test]
async fn a_fault_ends_the_program_though_nobody_reads_stderr() {
    let launch = Launch::program("tcp_json").argument("send").argument("key").argument("1");
    let ended = launch.device(Device::place()).within(&format!("{FULL}; exec 2>&7")).start();
    assert_eq!(ended.wait().await.code, Some(1));
}

#[tokio::test]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_panic_is_logged_and_not_printed_to_stderr() {
    let broker = Mosquitto::start().await;
    let careless = Launch::program("careless").broker(broker.port()).variable("DEVICE_PIN", "1");
    let careless = careless.variable("RUST_BACKTRACE", "1");
    let connector = careless.variable("DEVICE_URL", "http://127.0.0.1:1").start();
    let line = connector.stdout.line("panicked at ").await;
    assert!(line.contains("careless.rs:") && line.ends_with(": with ***"), "{line}");
    connector.stdout.line("`read` failed: panicked: with ***").await;
    assert!(connector.stdout.contains("rust_begin_unwind"), "{}", connector.stdout.text());
    connector.terminate().await.assert_clean();
}
