//! Each simulated device and its connector, as the processes that a newcomer starts: with the command
//! lines of the README and of `devices` itself.

use std::{process::Stdio, time::Duration};

use support::at_the_root;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    sync::OnceCell,
    time::timeout,
};

/// How long anything may take that should happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// The simulated devices, and their connectors.
const EXAMPLES: [&str; 7] =
    ["devices", "keba_udp", "modbus_tcp", "mqtt_bridge", "ocpp_server", "solar_http", "tcp_json"];

/// A process, which is killed when dropped.
struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    seen: Vec<String>,
}

impl Process {
    /// Starts what a command line says. The shell becomes the program, so that both have one id.
    fn start(command_line: &str) -> Self {
        let mut child = Command::from(at_the_root("sh"))
            .args(["-c", &format!("exec env {command_line}")])
            .env("CARGO_TERM_QUIET", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("there is a shell");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Self { child, lines, seen: Vec::new() }
    }

    /// Waits for a line that contains this.
    async fn line(&mut self, part: &str) -> String {
        let found = timeout(PATIENCE, async {
            while let Some(line) = self.lines.next_line().await.expect("UTF-8") {
                self.seen.push(line.clone());
                if line.contains(part) {
                    return Some(line);
                }
            }
            None
        });
        let found = found.await.ok().flatten();
        found.unwrap_or_else(|| panic!("no line with `{part}` in:\n{}", self.seen.join("\n")))
    }

    async fn end(mut self) {
        self.child.kill().await.expect("it runs");
    }
}

/// Builds all of them once. Tests of a connector are no connector, so `cargo test` has not.
async fn build() {
    static BUILT: OnceCell<()> = OnceCell::const_new();
    let build = async || {
        let examples = EXAMPLES.map(|name| format!(" --example {name}")).concat();
        let mut cargo = Process::start(&format!("cargo build{examples}")).child;
        assert!(cargo.wait().await.expect("it was started").success());
    };
    BUILT.get_or_init(build).await;
}

/// The device starts, its connector connects it, values come to the bus and a command to the device.
async fn runs(device: &str, value: &str, command: Option<&str>) {
    build().await;
    let arguments = format!("{device} --broker=0 --port=0");
    let mut devices = Process::start(&format!("cargo run --example devices -- {arguments}"));
    let mut connector = Process::start(&devices.line("cargo run").await);
    devices.line(value).await;
    if let Some(command) = command {
        devices.line(command).await;
    }
    connector.line("connected to the broker").await;
    connector.end().await;
    devices.end().await;
}

#[tokio::test]
async fn tcp_json() {
    let command = r#"device  {"set":"room_1__setpoint","value":26.0}"#;
    runs("tcp_json", r#"/value  {"value":21.0"#, Some(command)).await;
}

#[tokio::test]
async fn modbus_tcp() {
    let value = r#"/value  {"value":1800"#;
    runs("modbus_tcp", value, Some("device  WriteSingleRegister(10, 455) to unit 1")).await;
}

#[tokio::test]
async fn solar_http() {
    let value = r#"/value  {"value":"bidirectional""#;
    runs("solar_http", value, None).await;
}

#[tokio::test]
async fn keba_udp() {
    let value = r#"/value  {"value":"P30 v 3.9.10 (171113-103030)""#;
    runs("keba_udp", value, Some("device  curr 10000")).await;
}

#[tokio::test]
async fn ocpp_server() {
    let value = r#"/value  {"value":"Simulator""#;
    runs("ocpp_server", value, Some(r#""RemoteStartTransaction",{"#)).await;
}

#[tokio::test]
async fn mqtt_bridge() {
    let value = r#"/value  {"value":"ON""#;
    runs("mqtt_bridge", value, Some("device  set/relay: OFF")).await;
}
