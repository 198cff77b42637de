//! The faults, and one run of a client under load through one of them.

use std::{env, fmt, time::Duration};

use support::{
    Moment, Mosquitto,
    proxy::{Kind, Proxy, Way},
};
use tokio::time::{sleep, timeout};

use crate::{
    checker::{Checker, Stream, Tally},
    client::{Client, Running},
    load::Load,
    traffic::Traffic,
};

/// How long the load goes on before the first fault and after each.
const CALM: Duration = Duration::from_millis(500);

/// As long as a short fault takes.
const MOMENT: Duration = Duration::from_millis(300);

/// Who is not back after so long is not coming back.
const GONE: Duration = Duration::from_mins(1);

/// Nothing new for so long is the end. It is more than it takes to notice a silent broker.
pub(crate) const SILENCE: Duration = Duration::from_secs(16);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// The connection is closed.
    Cuts(u32),
    /// It is reset, and what is on its way is lost.
    Resets(u32),
    /// Nothing passes for 300 ms, then the connection is closed.
    Holes(u32),
    /// The connection is closed, and no other is accepted for 300 ms.
    Absences(u32),
    /// Nothing passes for so many seconds; then all of it does.
    LongHole(u64),
    /// The broker stands still for so many seconds (SIGSTOP).
    Stop(u64),
    /// The broker is killed and started again; it forgets everything.
    Kills(u32),
    /// 20 ms in each direction, and 64 kB a second.
    Slow,
    /// One packet of the broker is lost.
    Lost(Kind),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Cuts(times) => write!(f, "{times} connections closed"),
            Self::Resets(times) => write!(f, "{times} connections reset"),
            Self::Holes(times) => write!(f, "{times} x 300 ms of silence, then closed"),
            Self::Absences(times) => write!(f, "{times} x 300 ms without a broker"),
            Self::LongHole(seconds) => write!(f, "{seconds} s of silence"),
            Self::Stop(seconds) => write!(f, "broker stands still for {seconds} s"),
            Self::Kills(times) => write!(f, "broker killed {times} x, empty afterwards"),
            Self::Slow => f.write_str("20 ms delay and 64 kB/s"),
            Self::Lost(kind) => write!(f, "one {} lost", format!("{kind:?}").to_uppercase()),
        }
    }
}

impl Fault {
    pub(crate) const ALL: [Self; 14] = [
        Self::None,
        Self::Cuts(20),
        Self::Resets(10),
        Self::Holes(5),
        Self::LongHole(15),
        Self::Stop(12),
        Self::Kills(3),
        Self::Slow,
        Self::Lost(Kind::ConnAck),
        Self::Lost(Kind::SubAck),
        Self::Lost(Kind::PubAck),
        Self::Lost(Kind::PubRec),
        Self::Lost(Kind::PubComp),
        Self::Lost(Kind::PingResp),
    ];

    /// Those that take a few seconds.
    pub(crate) const SHORT: [Self; 10] = [
        Self::None,
        Self::Cuts(10),
        Self::Resets(5),
        Self::Holes(5),
        Self::Absences(5),
        Self::Stop(5),
        Self::Kills(3),
        Self::Slow,
        Self::Lost(Kind::PubAck),
        Self::Lost(Kind::PubRec),
    ];

    /// How many faults it is.
    pub(crate) fn count(self) -> u64 {
        match self {
            Self::None => 0,
            Self::Cuts(times)
            | Self::Resets(times)
            | Self::Holes(times)
            | Self::Absences(times)
            | Self::Kills(times) => times.into(),
            _ => 1,
        }
    }
}

/// What was counted.
pub(crate) struct Outcome {
    pub(crate) fault: Fault,
    pub(crate) client: Client,
    pub(crate) traffic: Traffic,
    /// Lines that were said.
    pub(crate) said: u64,
    pub(crate) streams: Vec<Stream>,
    /// What the broker retains at the end is not the last value.
    pub(crate) is_stale: bool,
    /// From the end of the fault to the next acknowledgement, the longest; none if it did not come.
    pub(crate) back: Option<Duration>,
}

impl Outcome {
    pub(crate) fn lost(&self) -> u64 {
        self.streams.iter().map(|stream| stream.lost(self.said)).sum()
    }

    pub(crate) fn tally(&self) -> Tally {
        Stream::sum(&self.streams)
    }

    pub(crate) const HEAD: &str = "| fault | client | messages | lost | lost by the broker | twice | out of order | stale | back after |\n|---|---|---|---|---|---|---|---|---|";
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fault, client, said, is_stale, back, .. } = self;
        let Tally { doubles, inversions, broker_lost, .. } = self.tally();
        let (client, lost) = (client.name(), self.lost());
        let messages = said * self.traffic.streams() as u64;
        let stale = if *is_stale { "yes" } else { "no" };
        let back = match back {
            Some(Duration::ZERO) => "-".to_owned(),
            Some(back) => format!("{:.1} s", back.as_secs_f64()),
            None => "never".to_owned(),
        };
        write!(
            f,
            "| {fault} | {client} | {messages} | {lost} | {broker_lost} | {doubles} | {inversions} | {stale} | {back} |"
        )
    }
}

/// A client under load, with a broker and a line of its own.
pub(crate) struct Stage {
    pub(crate) broker: Mosquitto,
    pub(crate) checker: Checker,
    pub(crate) proxy: Proxy,
    pub(crate) load: Load,
    pub(crate) running: Running,
}

impl Stage {
    pub(crate) async fn set(client: Client, broker: Mosquitto, traffic: Traffic) -> Self {
        let checker = Checker::on(broker.port(), traffic).await;
        let proxy = Proxy::watched(broker.port(), checker.watch_acknowledgements()).await;
        let running = client.start(proxy.port(), traffic).await;
        let load = Load::start(running.numbers.clone(), traffic.every());
        checker.began().await;
        Self { broker, checker, proxy, load, running }
    }

    /// Lets a fault happen, and gives the longest time from its end to the next acknowledgement.
    pub(crate) async fn suffer(&mut self, fault: Fault) -> Option<Duration> {
        if fault == Fault::None {
            sleep(CALM * 10).await;
        }
        let mut longest = Duration::ZERO;
        for _ in 0..fault.count() {
            longest = longest.max(self.suffer_once(fault).await?);
            sleep(CALM).await;
        }
        Some(longest)
    }

    async fn suffer_once(&mut self, fault: Fault) -> Option<Duration> {
        let proxy = &self.proxy;
        match fault {
            Fault::None => {}
            Fault::Cuts(_) => proxy.cut(),
            Fault::Resets(_) => proxy.reset(),
            Fault::Holes(_) => {
                proxy.freeze(true);
                sleep(MOMENT).await;
                proxy.cut();
                proxy.freeze(false);
            }
            Fault::Absences(_) => {
                proxy.close(true);
                proxy.cut();
                sleep(MOMENT).await;
                proxy.close(false);
            }
            Fault::LongHole(seconds) => {
                proxy.freeze(true);
                sleep(Duration::from_secs(seconds)).await;
                proxy.freeze(false);
            }
            Fault::Stop(seconds) => {
                self.broker.pause().await;
                sleep(Duration::from_secs(seconds)).await;
                self.broker.resume().await;
            }
            Fault::Kills(_) => {
                let subscriptions = self.checker.subscriptions();
                self.broker.stop().await;
                proxy.close(true);
                self.broker.start_again().await;
                self.checker.subscribed(subscriptions + 1).await;
                proxy.close(false);
            }
            Fault::Slow => {
                proxy.slow_down(Duration::from_millis(20), 64_000);
                sleep(CALM).await;
                self.load.pause(true);
                return Some(Duration::ZERO);
            }
            Fault::Lost(kind) => return self.lose(kind).await,
        }
        let start = Moment::now();
        let back = proxy.next(Way::ToClient, Kind::PubAck);
        timeout(GONE, back).await.ok().map(|()| start.elapsed())
    }

    /// Loses one packet, and gives the time from then to the first acknowledgement on another
    /// connection.
    async fn lose(&self, kind: Kind) -> Option<Duration> {
        let before = self.proxy.counts();
        self.proxy.drop_nth(Way::ToClient, kind, 1);
        match kind {
            Kind::ConnAck | Kind::SubAck => self.proxy.cut(),
            Kind::PingResp => self.load.pause(true),
            _ => {}
        }
        let links = before.links + usize::from(matches!(kind, Kind::ConnAck | Kind::SubAck));
        let lost = self.proxy.until(|counts| counts.harmed > before.harmed);
        timeout(GONE, lost).await.ok()?;
        let start = Moment::now();
        let back = async {
            self.proxy.until(|counts| counts.links > links).await;
            self.load.pause(false);
            self.proxy.next(Way::ToClient, Kind::PubAck).await;
        };
        let back = timeout(GONE, back).await.ok().map(|()| start.elapsed());
        self.load.pause(false);
        back
    }
}

/// Sets a stage, lets a fault happen, and counts.
pub(crate) async fn run(client: Client, fault: Fault, traffic: Traffic) -> Outcome {
    let mut stage = Stage::set(client, broker(traffic).await, traffic).await;
    sleep(CALM).await;
    let back = stage.suffer(fault).await;
    sleep(CALM).await;
    let said = stage.load.stop().await;
    stage.checker.settle(said, SILENCE).await;
    if matches!(fault, Fault::Kills(_)) {
        stage.checker.excuse_the_broker();
    }
    let is_stale = stage.checker.retained().await != said.checked_sub(1);
    let streams = stage.checker.streams();
    Outcome { fault, client, traffic, said, streams, is_stale, back }
}

/// Numbers meet a broker without limits, all else one as it is installed.
async fn broker(traffic: Traffic) -> Mosquitto {
    if traffic == Traffic::NUMBERS { Mosquitto::start().await } else { installed().await }
}

/// A mosquitto as it is installed, plus the lines of `MOSQUITTO_SETTINGS`, such as `set_tcp_nodelay true`.
pub(crate) async fn installed() -> Mosquitto {
    Mosquitto::as_installed(&env::var("MOSQUITTO_SETTINGS").unwrap_or_default()).await
}
