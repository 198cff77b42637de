//! The signals of the operating system that stop the program.
//!
//! A thread of its own receives them, so that they are obeyed even if the program is still reading its settings, or
//! if the thread of the bus is blocked. The first signal starts the shutdown. If the shutdown takes too long, or
//! after another signal, the thread ends the process.

use std::io;

#[cfg(unix)]
pub(crate) use self::unix::{first, listen, stage};

#[cfg(unix)]
mod unix {
    use std::{
        fs,
        sync::{Arc, LazyLock, Mutex, PoisonError, mpsc},
        thread::{self, Builder},
        time::{Duration, Instant},
    };

    use nix::sys::signal::{SigSet, Signal};
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ},
        flag,
        iterator::Signals,
        low_level::exit,
    };
    use tokio::sync::watch;

    use super::io;

    /// The time limit of the shutdown, a little above the limits of its stages together.
    const LIMIT: Duration = Duration::from_millis(2600);

    /// Signals within this time are one stop: systemd can send SIGHUP right after SIGTERM, and a process that
    /// forwards signals doubles those that the whole process group receives.
    const SAME: Duration = Duration::from_millis(250);

    /// The interval at which further signals are read during the shutdown.
    const TICK: Duration = Duration::from_millis(10);

    /// The most that a tick counts towards [`LIMIT`]: a longer one is the time for which the process was frozen.
    const LONGEST_TICK: Duration = Duration::from_millis(100);

    /// The time limit of the last log message: the reader of stdout may have stopped reading.
    const LAST_WORDS: Duration = Duration::from_millis(300);

    /// The state that the program shares with the thread.
    struct Shared {
        received: watch::Sender<Option<&'static str>>,
        stage: Mutex<&'static str>,
    }

    static SHARED: LazyLock<Shared> = LazyLock::new(|| Shared {
        received: watch::Sender::new(None),
        stage: Mutex::new("the shutdown"),
    });

    /// Starts to receive SIGTERM, SIGINT (Ctrl-C) and SIGHUP. Until [`first`] is called, each of them ends the
    /// process at once, with exit code 0.
    pub(crate) fn listen() -> io::Result<()> {
        let stops = [SIGTERM, SIGINT, SIGHUP];
        // `nohup` ignores SIGHUP on behalf of the program.
        let stops = stops.into_iter().filter(|&stop| stop != SIGHUP || !is_ignored(SIGHUP));
        let signals = Signals::new(stops)?;
        // A parent that blocks signals passes that on. The thread inherits the signals unblocked here.
        SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]).thread_unblock()?;
        // A file that reaches a limit of the system (`ulimit -f`) is an error of the write, like a full disk.
        flag::register(SIGXFSZ, Arc::default())?;
        Builder::new().name("signals".to_owned()).spawn(move || obey(signals)).map(drop)
    }

    /// Waits for the first signal; returns its name.
    pub(crate) async fn first() -> &'static str {
        let mut received = SHARED.received.subscribe();
        let name = received.wait_for(Option::is_some).await.ok().and_then(|name| *name);
        name.unwrap_or_default()
    }

    /// Reports which part of the shutdown begins, to be logged if it does not end.
    pub(crate) fn stage(stage: &'static str) {
        *SHARED.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }

    fn obey(mut signals: Signals) {
        let Some(first) = signals.forever().next() else { return };
        let is_awaited = SHARED.received.receiver_count() > 0;
        let name = match first {
            SIGTERM => "SIGTERM",
            SIGINT => "SIGINT",
            _ => "SIGHUP",
        };
        if !is_awaited {
            exit(0);
        }
        SHARED.received.send_replace(Some(name));
        let mut lasted = Duration::ZERO;
        while lasted < LIMIT {
            let tick = Instant::now();
            thread::sleep(TICK);
            lasted += tick.elapsed().min(LONGEST_TICK);
            let is_repeated = signals.pending().next().is_some();
            if is_repeated && lasted > SAME {
                exit(0);
            }
        }
        log_timeout();
        // Unlike `std::process::exit`, this waits for nothing, such as the lock of stdout.
        exit(0);
    }

    /// Logs that the shutdown was not finished, unless that takes too long itself.
    fn log_timeout() {
        let stage = *SHARED.stage.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, logged) = mpsc::channel();
        let log = move || {
            tracing::error!(
                "exiting before {stage} was finished: it takes more than {LIMIT:?}, and messages that wait for the broker may be lost"
            );
            let _ = sender.send(());
        };
        if Builder::new().spawn(log).is_ok() {
            let _ = logged.recv_timeout(LAST_WORDS);
        }
    }

    /// Returns whether the program was started with this signal ignored. Known on Linux only.
    fn is_ignored(signal: i32) -> bool {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
    }
}

/// Does nothing: Ctrl-C is received from the call of [`first`] on.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(crate) fn listen() -> io::Result<()> {
    Ok(())
}

/// Waits for Ctrl-C; returns its name.
#[cfg(not(unix))]
pub(crate) async fn first() -> &'static str {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    "Ctrl-C"
}

/// Does nothing: the time of the shutdown is limited on Unix only.
#[cfg(not(unix))]
pub(crate) fn stage(_: &'static str) {}
