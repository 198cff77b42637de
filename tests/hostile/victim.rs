//! A connector under attack, and what must hold meanwhile.

use std::{fs, time::Duration};

use support::{ConnectorProcess, Device, DeviceLink, Launch, PATIENCE, free_port, get, launch};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, sleep, timeout},
};

/// The most memory that a connector may ever use, in MiB. Without optimisations its program is larger.
const MEMORY: u64 = if cfg!(debug_assertions) { 128 } else { 64 };

/// An answer about its health may take so long, on a machine with much else to do.
const HEALTHY: Duration = Duration::from_secs(5);

/// From one question about its health to the next.
const PAUSE: Duration = Duration::from_millis(100);

/// So many attacks that keep a processor busy go on at once.
const AT_ONCE: usize = 4;

/// Waits until there is a processor for an attack that needs one.
pub(crate) async fn turn() -> SemaphorePermit<'static> {
    static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);
    TURNS.acquire().await.expect("it is never closed")
}

/// A connector whose broker or peers attack it.
pub(crate) struct Victim {
    name: &'static str,
    process: ConnectorProcess,
    health: u16,
}

impl Victim {
    /// Starts a connector that publishes raw messages, with further settings.
    pub(crate) async fn start(
        name: &'static str,
        broker: u16,
        settings: impl FnOnce(Launch) -> Launch,
    ) -> (Self, DeviceLink) {
        let (device, health) = (Device::start().await, free_port());
        let launch = launch(broker, device.address())
            .variable("SEND_RAW_MESSAGE_TO_DB", "TRUE")
            .variable("HEARTBEAT_SECONDS", "1")
            .variable("HEALTH_ADDR", &health);
        let process = settings(launch).start();
        let link = device.accept().await;
        (Self { name, process, health }, link)
    }

    /// Waits for what it logs.
    pub(crate) async fn logs(&self, part: &str) {
        self.process.stdout.line(part).await;
    }

    /// It has to stay healthy for so long, and small.
    pub(crate) async fn endure(&self, time: Duration) {
        let _ = timeout(time, self.watch()).await;
        self.assert_small();
    }

    /// It has to stay healthy until this happens, and small; this must happen in time.
    pub(crate) async fn endure_until(&self, what: &str, event: impl Future) {
        self.endure_within(what, event, PATIENCE).await;
    }

    pub(crate) async fn endure_within(&self, what: &str, event: impl Future, time: Duration) {
        tokio::select! {
            happened = timeout(time, event) => {
                assert!(happened.is_ok(), "{}: not within {time:?}: {what}:\n{}", self.name, self.said());
            }
            () = self.watch() => {}
        }
        self.assert_small();
    }

    /// Ends it while it is under attack.
    pub(crate) async fn end(self) {
        println!("{}: at most {} MiB", self.name, self.assert_small());
        self.process.terminate().await.assert_clean();
    }

    /// Asks for its health, forever.
    async fn watch(&self) {
        loop {
            let start = Instant::now();
            let answer = timeout(HEALTHY, get(self.health, "/healthz")).await;
            let is_healthy = matches!(&answer, Ok(Some((200, _))));
            assert!(
                is_healthy,
                "{}: {answer:?} after {:?}:\n{}",
                self.name,
                start.elapsed(),
                self.said()
            );
            sleep(PAUSE).await;
        }
    }

    /// How many MiB it has used at most.
    #[track_caller]
    fn assert_small(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.expect("it runs");
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let most = most.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
        let most = most.expect("Linux tells of it") >> 10;
        let Self { name, .. } = self;
        assert!(most <= MEMORY, "{name}: {most} MiB, {MEMORY} are allowed:\n{}", self.said());
        most
    }

    /// The end of what it has printed.
    fn said(&self) -> String {
        let text = self.process.stdout.text();
        let lines: Vec<_> =
            text.lines().rev().take(20).map(|line| format!("  {line:.300}")).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}
