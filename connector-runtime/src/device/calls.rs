//! Calls of the device part's functions: an error, a panic or a hang affects only the current call.
//! Each call is counted.

use std::{
    collections::HashSet,
    future::poll_fn,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use prometheus_client::metrics::{counter::Counter, histogram::Histogram};
use tokio::time::{Instant, interval, timeout};

use crate::{
    connector::Source,
    error::{Panic, Result, catch},
    telemetry::metrics::Metrics,
};

/// A function that blocks its thread for this long is logged.
const BLOCKED: Duration = Duration::from_secs(5);

/// After this long a blocked function is not expected to return, and `/healthz` fails.
const STUCK: Duration = Duration::from_mins(1);

/// The interval at which blocked functions are looked for.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// All functions of a connector that the runtime calls.
#[derive(Debug)]
pub(crate) struct Calls {
    start: Instant,
    metrics: Arc<Metrics>,
    all: Mutex<Vec<Arc<Call>>>,
}

/// A function that one task calls repeatedly.
#[derive(Debug)]
pub(crate) struct Call {
    name: String,
    limit: Option<Duration>,
    /// Whether it is a source, and for how long its data is fresh after a success.
    is_source: bool,
    fresh_for: Option<Duration>,
    start: Instant,
    /// Milliseconds since `start`, or [`NEVER`]: when it was entered, and when it last succeeded.
    entered: AtomicU64,
    succeeded: AtomicU64,
    seconds: Histogram,
    outcomes: Outcomes,
}

const NEVER: u64 = u64::MAX;

#[derive(Debug)]
struct Outcomes {
    ok: Counter,
    failed: Counter,
    panicked: Counter,
    late: Counter,
}

/// How a call ended that did not return.
enum Broken {
    Panic(Panic),
    Late(Duration),
}

impl Calls {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        Self { start: Instant::now(), metrics, all: Mutex::default() }
    }

    /// Adds a function with a time limit for each call, if any. The metrics call it `function`, the
    /// log calls it `name`.
    pub(crate) fn add(&self, function: &str, name: &str, limit: Option<Duration>) -> Arc<Call> {
        self.push(self.call(function, name, limit))
    }

    /// Adds the `receive` of a source. `max_age` is the maximum age of its data; by default it
    /// follows from the source's interval.
    pub(crate) fn add_source(&self, source: &Source, max_age: Option<Duration>) -> Arc<Call> {
        let (name, fresh_for) = (source.name(), max_age.or_else(|| source.fresh_for()));
        let call = self.call(name, name, source.limit());
        self.push(Call { is_source: true, fresh_for, ..call })
    }

    fn call(&self, function: &str, name: &str, limit: Option<Duration>) -> Call {
        let outcome = |outcome| self.metrics.calls(function, outcome);
        Call {
            name: name.to_owned(),
            limit,
            is_source: false,
            fresh_for: None,
            start: self.start,
            entered: AtomicU64::new(NEVER),
            succeeded: AtomicU64::new(NEVER),
            seconds: self.metrics.durations(function),
            outcomes: Outcomes {
                ok: outcome("ok"),
                failed: outcome("error"),
                panicked: outcome("panic"),
                late: outcome("timeout"),
            },
        }
    }

    fn push(&self, call: Call) -> Arc<Call> {
        let call = Arc::new(call);
        self.all().push(Arc::clone(&call));
        call
    }

    /// Logs functions that block their thread.
    pub(crate) async fn watch(&self) {
        let mut logged = HashSet::new();
        let mut ticks = interval(WATCH_INTERVAL);
        loop {
            ticks.tick().await;
            for (index, call) in self.all().clone().iter().enumerate() {
                let blocked = call.blocked().filter(|blocked| *blocked >= BLOCKED);
                match blocked {
                    Some(blocked) if logged.insert(index) => tracing::error!(
                        limit.subject = &*call.name,
                        "`{}` has blocked its thread for {} s: make a function that waits `async` and await, or use `tokio::task::spawn_blocking`",
                        call.name,
                        blocked.as_secs()
                    ),
                    None if logged.remove(&index) => {
                        let name = &*call.name;
                        tracing::info!(
                            limit.subject = name,
                            "`{name}` no longer blocks its thread"
                        );
                    }
                    _ => {}
                }
            }
        }
    }

    /// Returns the name of a function that will probably never return.
    pub(crate) fn stuck(&self) -> Option<String> {
        let is_stuck = |call: &&Arc<Call>| call.blocked().is_some_and(|blocked| blocked > STUCK);
        self.all().iter().find(is_stuck).map(|call| call.name.clone())
    }

    /// Returns the name of a source whose data is too old.
    pub(crate) fn stale(&self) -> Option<String> {
        self.all().iter().find(|call| call.is_stale()).map(|call| call.name.clone())
    }

    /// Returns the time since a source last succeeded.
    pub(crate) fn age(&self) -> Option<Duration> {
        let all = self.all();
        let sources = all.iter().filter(|call| call.is_source);
        sources.filter_map(|call| call.succeeded()).max().map(|at| at.elapsed())
    }

    fn all(&self) -> MutexGuard<'_, Vec<Arc<Call>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    /// Awaits an asynchronous function. A panic, or exceeding the time limit, becomes an error.
    pub(crate) async fn run<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        self.run_within(self.limit, call).await
    }

    /// Like [`run`](Self::run), with another time limit.
    pub(crate) async fn run_within<T>(
        &self,
        limit: Option<Duration>,
        call: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let began = Instant::now();
        let mut call = pin!(call);
        // A future that has panicked is not polled again, so its inconsistent state is never
        // observed.
        let isolated = poll_fn(|context| match self.enter(|| call.as_mut().poll(context)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(outcome)) => Poll::Ready(Ok(outcome)),
            Err(panic) => Poll::Ready(Err(panic)),
        });
        let ended = match limit {
            Some(limit) => timeout(limit, isolated).await.unwrap_or(Err(Broken::Late(limit))),
            None => isolated.await,
        };
        self.record(began, ended)
    }

    /// Calls a function. A panic becomes an error.
    pub(crate) fn run_now<T>(&self, function: impl FnOnce() -> Result<T>) -> Result<T> {
        let began = Instant::now();
        let ended = self.enter(function);
        self.record(began, ended)
    }

    fn is_stale(&self) -> bool {
        let is_fresh = |limit| self.succeeded().is_some_and(|at| at.elapsed() <= limit);
        self.fresh_for.is_some_and(|limit| !is_fresh(limit))
    }

    /// Returns when it last succeeded, if ever.
    fn succeeded(&self) -> Option<Instant> {
        self.at(&self.succeeded)
    }

    fn enter<T>(&self, function: impl FnOnce() -> T) -> Result<T, Broken> {
        self.entered.store(self.now(), Ordering::Relaxed);
        let ended = catch(function);
        self.entered.store(NEVER, Ordering::Relaxed);
        ended.map_err(Broken::Panic)
    }

    fn record<T>(&self, began: Instant, ended: Result<Result<T>, Broken>) -> Result<T> {
        self.seconds.observe(began.elapsed().as_secs_f64());
        let (counter, outcome) = match ended {
            Ok(Ok(value)) => {
                self.succeeded.store(self.now(), Ordering::Relaxed);
                (&self.outcomes.ok, Ok(value))
            }
            Ok(Err(error)) => (&self.outcomes.failed, Err(error)),
            Err(Broken::Panic(panic)) => (&self.outcomes.panicked, Err(panic.into())),
            Err(Broken::Late(limit)) => {
                let error = anyhow::anyhow!("it did not return within {limit:?}");
                (&self.outcomes.late, Err(error))
            }
        };
        counter.inc();
        outcome
    }

    /// Returns how long it has been blocking its thread.
    fn blocked(&self) -> Option<Duration> {
        self.at(&self.entered).map(|at| at.elapsed())
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(NEVER - 1)
    }

    fn at(&self, stored: &AtomicU64) -> Option<Instant> {
        match stored.load(Ordering::Relaxed) {
            NEVER => None,
            millis => Some(self.start + Duration::from_millis(millis)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, thread};

    use super::*;

    fn calls() -> Calls {
        Calls::new(Arc::new(Metrics::new("demo", "1")))
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_call_is_an_error_and_counted() {
        let calls = calls();
        let call = calls.add("ask", "ask", Some(Duration::from_secs(30)));
        assert!(call.succeeded().is_none());
        let error = call.run::<()>(async { panic!("on {}", "purpose") }).await.unwrap_err();
        assert_eq!(error.to_string(), "panicked: on purpose");
        let error = call.run_now::<()>(|| panic!("again")).unwrap_err();
        assert_eq!(error.to_string(), "panicked: again");
        let error = call.run::<()>(pending()).await.unwrap_err();
        assert_eq!(error.to_string(), "it did not return within 30s");
        let error = call.run_now::<()>(|| anyhow::bail!("no")).unwrap_err();
        assert_eq!(error.to_string(), "no");
        assert_eq!(call.run(async { Ok(1) }).await.unwrap(), 1);
        assert_eq!(call.succeeded(), Some(Instant::now()));
        let Outcomes { ok, failed, panicked, late } = &call.outcomes;
        assert_eq!([ok, failed, panicked, late].map(Counter::get), [1, 1, 2, 1]);
    }

    #[test]
    fn a_function_that_blocks_its_thread_is_detected() {
        let calls = calls();
        let call = calls.add("ask", "ask", None);
        assert!(call.blocked().is_none());
        thread::scope(|scope| {
            let (entered, is_entered) = std::sync::mpsc::channel();
            let (leave, is_over) = std::sync::mpsc::channel::<()>();
            let call = &call;
            scope.spawn(move || {
                let function = || {
                    entered.send(()).unwrap();
                    Ok(is_over.recv()?)
                };
                call.run_now(function).unwrap();
            });
            is_entered.recv().unwrap();
            assert!(call.blocked().is_some());
            leave.send(()).unwrap();
        });
        assert!(call.blocked().is_none());
    }
}
