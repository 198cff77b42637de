//! A device part that panics, hangs or blocks: it hurts the call at hand, and nothing else.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
};

use connector_runtime::{prelude::*, testing::Bus};
use serde_json::{Value, json};
use tokio::time::Instant;

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Does {
    Well,
    Hang,
    Panic,
}

impl Does {
    async fn it(self) {
        match self {
            Self::Well => {}
            Self::Hang => pending().await,
            Self::Panic => panic!("on purpose"),
        }
    }
}

/// A device whose calls do as they are told, once each time.
#[connector(name = "device")]
struct Device {
    #[arg(skip)]
    script: Arc<Script>,
}

#[derive(Default)]
struct Script {
    connects: Mutex<Vec<Does>>,
    polls: Mutex<Vec<Does>>,
    parses: Mutex<Vec<Does>>,
    sends: Mutex<Vec<Does>>,
    sessions: AtomicUsize,
    polled: AtomicUsize,
    sent: AtomicUsize,
}

fn next(calls: &Mutex<Vec<Does>>) -> Does {
    calls.lock().unwrap().pop().unwrap_or(Does::Well)
}

struct Session;

#[connector]
impl Device {
    #[connect(timeout = Duration::from_secs(7))]
    async fn open(&self) -> Result<Session> {
        next(&self.script.connects).it().await;
        self.script.sessions.fetch_add(1, SeqCst);
        Ok(Session)
    }

    #[receive(every = Duration::from_secs(10), timeout = Duration::from_secs(3))]
    async fn poll(&self, _: &Session) -> Result<usize> {
        next(&self.script.polls).it().await;
        Ok(self.script.polled.fetch_add(1, SeqCst))
    }

    #[parse]
    fn readings(&self, raw: &usize) -> Result<Value> {
        assert!(next(&self.script.parses) == Does::Well, "on purpose");
        Ok(json!({ "polled": raw }))
    }

    #[send("do", timeout = Duration::from_secs(4))]
    async fn send(&self, _: &Session, _: u8) -> Result<()> {
        next(&self.script.sends).it().await;
        self.script.sent.fetch_add(1, SeqCst);
        Ok(())
    }
}

async fn told(bus: &mut Bus, part: &str) {
    while !bus.log().await["msg"].as_str().unwrap().contains(part) {}
}

#[tokio::test(start_paused = true)]
async fn a_connect_that_hangs_is_given_up_and_tried_again() {
    let script =
        Arc::new(Script { connects: vec![Does::Panic, Does::Hang].into(), ..Script::default() });
    let began = Instant::now();
    let mut bus = Bus::start(Device { script: Arc::clone(&script) }).await;
    told(&mut bus, "cannot connect: it did not return within 7s").await;
    assert!(began.elapsed() >= Duration::from_secs(7));
    told(&mut bus, "cannot connect: panicked: on purpose").await;
    bus.select(&["polled"]).await;
    assert_eq!(bus.value("polled").await, json!(0));
    assert_eq!(script.sessions.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_hangs_or_panics_ends_its_session_alone() {
    let script =
        Arc::new(Script { polls: vec![Does::Panic, Does::Hang].into(), ..Script::default() });
    let mut bus = Bus::start(Device { script: Arc::clone(&script) }).await;
    bus.select(&["polled"]).await;
    told(&mut bus, "`poll`: it did not return within 3s").await;
    told(&mut bus, "`poll`: panicked: on purpose").await;
    assert_eq!(bus.value("polled").await, json!(0));
    assert_eq!(script.sessions.load(SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_parse_that_panics_costs_its_message_alone() {
    let script = Arc::new(Script { parses: vec![Does::Panic].into(), ..Script::default() });
    let mut bus = Bus::start(Device { script: Arc::clone(&script) }).await;
    told(&mut bus, "a message of `poll` was dropped: panicked: on purpose").await;
    bus.select(&["polled"]).await;
    assert_eq!(bus.value("polled").await, json!(1));
    assert_eq!(script.sessions.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_hangs_or_panics_does_not_hold_up_the_next() {
    let script =
        Arc::new(Script { sends: vec![Does::Panic, Does::Hang].into(), ..Script::default() });
    let mut bus = Bus::start(Device { script: Arc::clone(&script) }).await;
    bus.select(&["do"]).await;
    for said in ["it did not return within 4s", "panicked: on purpose"] {
        bus.command("do", 1);
        told(&mut bus, &format!("the command 1 for `do` failed: {said}")).await;
    }
    bus.command("do", 1);
    while script.sent.load(SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A driver that blocks: each source keeps its thread for as long as the test likes.
#[connector(name = "driver")]
struct Driver {
    #[arg(skip)]
    line: Arc<Mutex<Option<mpsc::Receiver<()>>>>,
    #[arg(skip)]
    count: AtomicUsize,
    #[arg(skip)]
    sent: Arc<AtomicUsize>,
}

#[connector]
impl Driver {
    #[receive]
    fn blocks(&self) -> Result<usize> {
        let line = self.line.lock().unwrap().take().context("it is used up").keep_session()?;
        line.recv().context("the test is over")?;
        Ok(0)
    }

    #[receive(every = Duration::from_millis(5))]
    fn polls(&self) -> Result<usize> {
        Ok(self.count.fetch_add(1, SeqCst))
    }

    #[parse]
    fn readings(raw: &usize) -> Result<Value> {
        Ok(json!({ "count": raw }))
    }

    #[send("do")]
    fn send(&self, _: u8) -> Result<()> {
        self.sent.fetch_add(1, SeqCst);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_source_that_blocks_its_thread_stops_no_other() {
    let (release, line) = mpsc::channel();
    let sent = Arc::new(AtomicUsize::new(0));
    let line = Arc::new(Mutex::new(Some(line)));
    let driver =
        Driver { line: Arc::clone(&line), count: AtomicUsize::new(0), sent: Arc::clone(&sent) };
    let mut bus = Bus::start(driver).await;
    bus.select(&["count", "do"]).await;
    for _ in 0..20 {
        bus.command("do", 1);
        let before = bus.value("count").await.as_u64().unwrap();
        while bus.value("count").await.as_u64().unwrap() < before + 3 {}
    }
    assert!(line.lock().unwrap().is_none(), "the other source is within its call");
    // Values that have waited for a connection come all at once, before the first command.
    let is_sent = async {
        while sent.load(SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), is_sent).await.expect("commands pass, too");
    drop(release);
}
