//! A broker that is restarted each minute, without a proxy before it: the TCP connection is that of a building.

use std::{fmt, time::Duration};

use support::{ConnectorProcess, Folder, Launch, Mosquitto, free_port, get};
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    checker::{Checker, Stream},
    client::{Running, connector},
    fault::{SILENCE, installed},
    load::Load,
    soak::{BACK, assert_in_order, command, files_in, heard, resources, variable},
    traffic::{Traffic, WINDOW},
};

/// From one restart to the next, if `RESTART_SECONDS` is not set.
const EVERY: u64 = 60;

/// All has come at most this long after the device has stopped.
const CAUGHT_UP: Duration = Duration::from_secs(30);

/// The first time a connector needs more memory, for what it has not done before.
const WARM_UP: Duration = Duration::from_mins(10);

/// So much memory does it need at most after that, in KiB, and so much more at the end than after warming up: each
/// larger backlog of a restart leaves a little more with the allocator.
const MEMORY: u64 = 40 << 10;
const GROWTH: u64 = 8 << 10;

/// A connector with a spool at a broker, both without anything between them.
struct Site {
    broker: Mosquitto,
    checker: Checker,
    running: Running,
    spool: Folder,
    health: u16,
}

/// What is seen of the connector from outside.
#[derive(Clone, Copy)]
struct Sample {
    memory: u64,
    /// Open, and in the folder of the spool.
    files: (usize, usize),
    /// Messages that wait, those of them on disk, and those dropped.
    backlog: Option<[u64; 3]>,
}

impl Site {
    async fn open(traffic: Traffic) -> (Self, Load) {
        let broker = installed().await;
        let checker = Checker::on(broker.port(), traffic).await;
        let (spool, health) = (Folder::new(), free_port());
        let settings = |launch: Launch| {
            launch.path("SPOOL_DIR", spool.path()).variable("HEALTH_ADDR", &health)
        };
        let running = connector(broker.port(), traffic, settings).await;
        let load = Load::start(running.numbers.clone(), traffic.every());
        checker.began().await;
        (Self { broker, checker, running, spool, health }, load)
    }

    fn process(&self) -> &ConnectorProcess {
        self.running.process.as_ref().expect("a connector is a process")
    }

    /// Ends the broker, and starts it after a time. The connector may come back only when the checker
    /// hears what it says.
    async fn restart(&mut self, is_killed: bool, outage: Duration) {
        let subscriptions = self.checker.subscriptions();
        if is_killed {
            self.broker.stop().await;
        } else {
            self.broker.terminate().await;
        }
        sleep(outage).await;
        self.process().pause().await;
        self.broker.start_again().await;
        self.checker.subscribed(subscriptions + 1).await;
        self.process().resume().await;
    }

    async fn sample(&self) -> Sample {
        let (memory, open) = resources(self.process().id());
        let metrics = get(self.health, "/metrics").await.map(|(_, metrics)| metrics);
        let backlog = metrics.map(|metrics| {
            let names = ["connector_queued_messages", "connector_queued_on_disk"];
            let [queued, on_disk] = names.map(|name| sum_of(&metrics, name));
            [queued, on_disk, sum_of(&metrics, "connector_dropped_total")]
        });
        Sample { memory, files: (open, files_in(self.spool.path())), backlog }
    }
}

/// The sum of a metric over its labels.
fn sum_of(metrics: &str, name: &str) -> u64 {
    let its = metrics
        .lines()
        .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{'])));
    its.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { memory, files: (open, spooled), backlog } = self;
        write!(f, "{memory} KiB, {open} open files and {spooled} of the spool, ")?;
        match backlog {
            Some([queued, on_disk, dropped]) => {
                write!(f, "{queued} messages wait ({on_disk} on disk), {dropped} dropped")
            }
            None => f.write_str("no metrics"),
        }
    }
}

/// Restarts the broker each minute.
pub(super) async fn soak(duration: Duration) {
    run(duration, Duration::from_secs(variable("RESTART_SECONDS", EVERY)), BACK).await;
}

/// As the soak, but short enough for each build. On a busy machine it may take its time, but not as long as it would
/// if each message waited for the acknowledgement of a TCP segment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_connector_keeps_up_with_a_busy_device() {
    run(Duration::from_secs(15), Duration::from_secs(5), CAUGHT_UP).await;
}

/// Restarts the broker of a busy device again and again, and checks that nothing is lost and nothing grows, and that
/// shortly before a restart the connector is at most so far behind the device.
async fn run(duration: Duration, every: Duration, behind: Duration) {
    let seed = variable("SEED", fastrand::u64(..));
    let mut random = fastrand::Rng::with_seed(seed);
    println!("{duration:?} SEED={seed}");
    let (mut site, load) = Site::open(Traffic::BUSY).await;
    let commander = tokio::spawn(command(site.broker.port()));
    let (start, mut run, mut samples, mut late) =
        (Instant::now(), Vec::new(), Vec::new(), Vec::new());
    let mut next = start + every / 2;
    while next < start + duration {
        sleep_until(next).await;
        site.restart(random.bool(), Duration::from_millis(random.u64(..3_000))).await;
        next += every;
        // Just before the next one it is as calm as it will be.
        sleep_until(next - every / 8).await;
        run.extend(heard(&mut site.running.commands));
        samples.push((start.elapsed(), site.sample().await));
        let lines = load.said().saturating_sub(Stream::sum(&site.checker.streams()).next);
        println!("{}; {lines} lines behind", report(&samples, &site.checker, run.len()));
        if lines > Traffic::BUSY.within(behind) {
            late.push((start.elapsed(), lines));
        }
    }
    commander.abort();
    let restarts = samples.len() as u64;
    let said = load.stop().await;
    let stopped = Instant::now();
    site.checker.settle(said, SILENCE).await;
    let caught_up = stopped.elapsed();
    samples.push((start.elapsed(), site.sample().await));
    run.extend(heard(&mut site.running.commands));
    println!("{}; {said} lines, {restarts} restarts", report(&samples, &site.checker, run.len()));
    let ended = site.running.process.take().expect("a connector is a process").terminate().await;
    let streams = site.checker.streams();
    let lost: u64 = streams.iter().map(|stream| stream.lost(said)).sum();
    let tally = Stream::sum(&streams);
    assert_eq!((lost, tally.inversions), (0, 0), "{tally}\n{}", ended.stdout);
    assert!(tally.doubles <= WINDOW * restarts, "{tally} in {restarts} restarts");
    assert!(
        caught_up < CAUGHT_UP,
        "the last message came {caught_up:?} after the device had stopped"
    );
    assert!(late.is_empty(), "time, and lines that it is behind the device: {late:?}");
    assert_in_order(&run);
    assert_flat(&samples);
    ended.assert_clean();
}

fn report(samples: &[(Duration, Sample)], checker: &Checker, commands: usize) -> String {
    let (at, sample) = samples.last().expect("at least one");
    let streams = checker.streams();
    let (raw, values) = streams.split_last().expect("raw messages are the last");
    format!(
        "{:>6.0} s: values {}; raw {}; {commands} commands; {sample}",
        at.as_secs_f64(),
        Stream::sum(values),
        Stream::sum([raw]),
    )
}

/// Whether memory and files stayed as they were, as far as it ran long enough to say so.
fn assert_flat(samples: &[(Duration, Sample)]) {
    let (_, first) = samples[0];
    let (_, last) = samples[samples.len() - 1];
    for (now, before) in [(last.files.0, first.files.0), (last.files.1, first.files.1)] {
        assert!(now <= before + 4, "{now} files, {before} in the beginning");
    }
    let warm: Vec<_> = samples.iter().filter(|(at, _)| *at > WARM_UP).collect();
    let memory = |samples: &[&(Duration, Sample)]| {
        let mut memory: Vec<_> = samples.iter().map(|(_, sample)| sample.memory).collect();
        memory.sort_unstable();
        memory.get(memory.len() / 2).copied().unwrap_or_default()
    };
    let (before, now) =
        (memory(&warm[..warm.len().min(10)]), memory(&warm[warm.len().saturating_sub(10)..]));
    let most = warm.iter().map(|(_, sample)| sample.memory).max().unwrap_or_default();
    assert!(most < MEMORY, "{most} KiB");
    assert!(now <= before + GROWTH, "{now} KiB, {before} KiB after warming up");
}
