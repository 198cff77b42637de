//! The device session, run by the runtime on a broker in memory with a paused clock: when it is
//! opened, what ends it, and who is told.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use connector_runtime::{prelude::*, testing::Bus};
use serde_json::{Value, json};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

/// The device never confirms this value.
const HANGS: f64 = 9.0;

/// A device that does what the test says.
#[connector(name = "device")]
struct Device {
    #[arg(skip)]
    script: Arc<Script>,
}

/// What the device does, and what was done to it.
#[derive(Default)]
struct Script {
    /// The next connects fail.
    away: AtomicUsize,
    /// The next polls fail, with a mark if the text has one.
    faults: Mutex<Vec<&'static str>>,
    connects: AtomicUsize,
    polled: Mutex<Vec<Instant>>,
    sent: Mutex<Vec<(usize, f64)>>,
    cut: Notify,
    dropped_waits: AtomicUsize,
}

/// The number of the session.
struct Session(usize);

#[connector]
impl Device {
    #[connect(state = "online")]
    async fn open(&self) -> Result<Session> {
        let script = &self.script;
        if script.away.fetch_update(SeqCst, SeqCst, |away| away.checked_sub(1)).is_ok() {
            bail!("nobody is there");
        }
        Ok(Session(script.connects.fetch_add(1, SeqCst) + 1))
    }

    #[receive(every = Duration::from_mins(4))]
    async fn poll(&self, session: &Session) -> Result<Option<usize>> {
        self.script.polled.lock().unwrap().push(Instant::now());
        sleep(Duration::from_secs(1)).await;
        match self.script.faults.lock().unwrap().pop() {
            None => Ok(Some(session.0)),
            Some(text) if text.starts_with("keep_session") => Err(anyhow!(text)).keep_session(),
            Some(text) => bail!(text),
        }
    }

    #[receive]
    async fn event(&self, _session: &Session) -> Result<Option<usize>> {
        let _wait = Wait(&self.script);
        self.script.cut.notified().await;
        bail!("the line is cut")
    }

    #[parse]
    fn readings(raw: &usize) -> Result<Value> {
        Ok(json!({ "session": raw }))
    }

    #[send("setpoint", range = 0.0..=10.0)]
    async fn set(&self, session: &Session, value: f64) -> Result<()> {
        self.script.sent.lock().unwrap().push((session.0, value));
        if value == HANGS {
            std::future::pending::<()>().await;
        }
        ensure!(value < 10.0, "the device hangs up");
        Ok(())
    }
}

/// A wait for something that the device never says.
struct Wait<'a>(&'a Script);

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.0.dropped_waits.fetch_add(1, SeqCst);
    }
}

async fn start(script: Script) -> (Bus, Arc<Script>) {
    let script = Arc::new(script);
    let mut bus = Bus::start(Device { script: Arc::clone(&script) }).await;
    bus.select(&["session", "online"]).await;
    (bus, script)
}

/// What the connector tells of its device, whatever the level, until a command is refused.
async fn told(bus: &mut Bus) -> Vec<String> {
    bus.command("setpoint", 11);
    let mut told = Vec::new();
    loop {
        let log = bus.next("device/logs").await;
        let text = log["msg"].as_str().unwrap().to_owned();
        if text.contains("outside of the range") {
            return told;
        }
        told.extend((log["emitter"] == "connector_runtime::device::outage").then_some(text));
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_tried_again_and_the_state_is_a_sensor() {
    let begin = Instant::now();
    let (mut bus, script) = start(Script { away: 6.into(), ..Script::default() }).await;
    assert_eq!(bus.value("online").await, json!(false));
    assert_eq!(bus.value("session").await, json!(1));
    // 1, 2, 4, 8, 16 and 32 seconds, each shorter by up to a half.
    let passed = script.polled.lock().unwrap()[0].duration_since(begin).as_secs();
    assert!((31..=64).contains(&passed), "{passed}");
    assert_eq!(bus.value("online").await, json!(true));
    bus.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_and_the_recovery_are_told() {
    let script = Arc::new(Script { away: 6.into(), ..Script::default() });
    let mut bus = Bus::start(Device { script: Arc::clone(&script) }).await;
    bus.select(&[]).await;
    while script.polled.lock().unwrap().is_empty() {
        sleep(Duration::from_secs(1)).await;
    }
    sleep(Duration::from_secs(2)).await;
    let told = told(&mut bus).await;
    let [first, last] = told.as_slice() else { panic!("{told:?}") };
    assert!(first.ends_with("retrying: cannot connect: nobody is there"), "{first}");
    assert!(last.starts_with("reconnected to the device after "), "{last}");
    assert!(last.ends_with(" s and 6 failures"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn an_error_ends_it_and_the_source_is_asked_again_at_once() {
    let script = Script { faults: Mutex::new(vec!["broken pipe"]), ..Script::default() };
    let (mut bus, script) = start(script).await;
    assert_eq!(bus.value("session").await, json!(2));
    let polled = script.polled.lock().unwrap().clone();
    assert!(polled[1] - polled[0] < Duration::from_secs(2), "{polled:?}");
    // The wait for an event could have lasted for ever.
    assert_eq!(script.dropped_waits.load(SeqCst), 1);
    assert_eq!(bus.value("session").await, json!(2));
}

#[tokio::test(start_paused = true)]
async fn a_harmless_error_does_not_end_it() {
    let script = Script { faults: Mutex::new(vec!["keep_session: busy"]), ..Script::default() };
    let (mut bus, script) = start(script).await;
    assert_eq!(bus.value("session").await, json!(1), "at the next turn");
    assert_eq!(script.polled.lock().unwrap().len(), 2);
    assert_eq!(script.connects.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_waits_learns_of_the_end() {
    let (mut bus, script) = start(Script::default()).await;
    assert_eq!(bus.value("session").await, json!(1));
    assert_eq!(bus.value("online").await, json!(true));
    script.cut.notify_one();
    assert_eq!(bus.value("online").await, json!(false));
    assert_eq!(bus.value("online").await, json!(true));
    assert_eq!(script.connects.load(SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_fails_ends_it_and_one_that_is_refused_does_not() {
    let (mut bus, script) = start(Script::default()).await;
    assert_eq!(bus.value("session").await, json!(1));
    for refused in [json!(11), json!("warm")] {
        bus.command("setpoint", refused);
        assert!(bus.log().await["msg"].as_str().unwrap().contains("rejected"));
    }
    assert_eq!(bus.value("online").await, json!(true));
    bus.command("setpoint", 10);
    assert_eq!(bus.value("online").await, json!(false));
    bus.command("setpoint", "9.5");
    assert_eq!(bus.value("online").await, json!(true));
    assert_eq!(*script.sent.lock().unwrap(), [(1, 10.0), (2, 9.5)]);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_outlives_it_fails_after_a_moment() {
    let (mut bus, script) = start(Script::default()).await;
    assert_eq!(bus.value("session").await, json!(1));
    bus.command("setpoint", HANGS);
    while script.sent.lock().unwrap().is_empty() {
        sleep(Duration::from_millis(10)).await;
    }
    let begin = Instant::now();
    script.cut.notify_one();
    let text = "the command 9.0 for `setpoint` failed: its session has ended, and the call did not return in time";
    while bus.log().await["msg"] != text {}
    assert_eq!(begin.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_command_waits_a_moment_for_it_but_not_long() {
    let (mut bus, script) = start(Script { away: 3.into(), ..Script::default() }).await;
    assert_eq!(bus.value("online").await, json!(false));
    let begin = Instant::now();
    bus.command("setpoint", 5);
    let text = "rejected the command 5 for `setpoint`: there is no connection to the device";
    while bus.log().await["msg"] != text {}
    assert_eq!(begin.elapsed().as_secs(), 2);
    assert_eq!(bus.value("online").await, json!(true));
    bus.command("setpoint", 6);
    while script.sent.lock().unwrap().is_empty() {
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(*script.sent.lock().unwrap(), [(1, 6.0)]);
}

#[tokio::test(start_paused = true)]
async fn commands_do_not_queue_up_for_a_device_that_comes_back() {
    let (mut bus, script) = start(Script { away: 6.into(), ..Script::default() }).await;
    assert_eq!(bus.value("online").await, json!(false));
    let begin = Instant::now();
    for value in 1..10 {
        bus.command("setpoint", value);
    }
    for value in 1..10 {
        let start = format!("rejected the command {value} for `setpoint`: ");
        while !bus.log().await["msg"].as_str().unwrap().starts_with(&start) {}
        assert_eq!(begin.elapsed().as_secs(), 2, "{value}");
    }
    assert_eq!(bus.value("online").await, json!(true));
    assert!(script.sent.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_device_that_comes_and_goes_is_told_of_now_and_then() {
    let (mut bus, script) = start(Script::default()).await;
    assert_eq!(bus.value("session").await, json!(1));
    for connects in 2..60 {
        script.cut.notify_one();
        while script.connects.load(SeqCst) < connects {
            sleep(Duration::from_millis(10)).await;
        }
        bus.command("setpoint", 5);
        while script.sent.lock().unwrap().len() < connects - 1 {
            sleep(Duration::from_millis(10)).await;
        }
    }
    let expected = [
        "connected to the device",
        "no connection to the device, retrying: `event`: the line is cut",
        "reconnected to the device after 0 s and 1 failure",
    ];
    assert_eq!(told(&mut bus).await, expected);
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_lasts_is_told_even_soon_after_another_one() {
    let (mut bus, script) = start(Script::default()).await;
    assert_eq!(bus.value("session").await, json!(1));
    for failures in [1, 60] {
        script.away.store(failures, SeqCst);
        script.cut.notify_one();
        while script.away.load(SeqCst) > 0 {
            sleep(Duration::from_secs(1)).await;
        }
        sleep(Duration::from_mins(2)).await;
    }
    let told = told(&mut bus).await;
    let beginnings = told.iter().filter(|text| text.starts_with("no connection to the device"));
    assert_eq!(beginnings.count(), 3, "{told:?}");
    assert!(told.last().unwrap().starts_with("reconnected to the device"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_was_asked_at_once_is_asked_again_at_its_next_turn() {
    let (mut bus, script) = start(Script::default()).await;
    assert_eq!(bus.value("session").await, json!(1));
    script.faults.lock().unwrap().push("broken pipe");
    script.away.store(16, SeqCst);
    while script.away.load(SeqCst) > 0 {
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(bus.value("session").await, json!(2));
    assert_eq!(bus.value("session").await, json!(2));
    let polled = script.polled.lock().unwrap().clone();
    assert_eq!((polled[3] - polled[2]).as_secs(), 240);
}

/// A device that answers each call with an error of its own, and at once.
#[connector(name = "grumbler")]
struct Grumbler {
    #[arg(skip)]
    calls: Arc<AtomicUsize>,
}

#[connector]
impl Grumbler {
    #[receive]
    async fn event(&self) -> Result<usize> {
        Err(anyhow!("busy with {}", self.calls.fetch_add(1, SeqCst))).keep_session()
    }

    #[parse]
    fn readings(raw: &usize) -> Result<Value> {
        Ok(json!(raw))
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_at_once_is_given_time_whatever_it_says() {
    let calls = Arc::new(AtomicUsize::new(0));
    let bus = Bus::start(Grumbler { calls: Arc::clone(&calls) }).await;
    sleep(Duration::from_mins(1)).await;
    assert!((5..20).contains(&calls.load(SeqCst)), "{calls:?}");
    bus.stop().await;
}
