//! Threads. The system may deny another one: that is an error here, where `std` and `tokio` panic.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError, Weak, mpsc},
    thread::Builder,
    time::Duration,
};

use tokio::{runtime::Runtime, sync::oneshot};

/// The number of threads in addition to those of a runtime: one for the spool, one that starts the runtime, and those
/// that resolve a name, read a certificate or write the datapoint map.
const FEW: usize = 4;

/// The time limit for starting the threads of a runtime, which takes milliseconds.
const STARTING: Duration = Duration::from_secs(5);

/// The maximum number of calls that may be blocked at the same time. A disk or a name server that never answers leaves
/// one behind at each retry.
const MAX_BLOCKED: usize = 64;

/// Calls a function that may block on a thread of its own. The thread is left behind if the returned future is
/// dropped, so it delays neither a time limit nor the exit of the process.
pub(crate) async fn blocking<T: Send + 'static>(
    name: &str,
    function: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    static CALLS: Mutex<Weak<()>> = Mutex::new(Weak::new());
    blocking_within(&CALLS, name, function).await
}

/// Like [`blocking`]; each call that has not returned has a reference to the content of `calls`.
async fn blocking_within<T: Send + 'static>(
    calls: &Mutex<Weak<()>>,
    name: &str,
    function: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let call = begin(calls)?;
    let (sender, receiver) = oneshot::channel();
    Builder::new().name(name.to_owned()).spawn(move || {
        let _ = sender.send(function());
        drop(call);
    })?;
    receiver.await.map_err(|_| io::Error::other(format!("the thread `{name}` has panicked")))
}

fn begin(calls: &Mutex<Weak<()>>) -> io::Result<Arc<()>> {
    let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
    if calls.strong_count() >= MAX_BLOCKED {
        let problem = format!("{MAX_BLOCKED} earlier calls to the system have not returned");
        return Err(io::Error::other(problem));
    }
    let call = calls.upgrade().unwrap_or_default();
    *calls = Arc::downgrade(&call);
    Ok(call)
}

/// Creates a runtime that runs on the thread that uses it.
pub(crate) fn current_thread_runtime() -> io::Result<Runtime> {
    build(|| tokio::runtime::Builder::new_current_thread().enable_all().build())
}

/// Starts a runtime with this number of threads.
pub(crate) fn runtime(workers: usize) -> io::Result<Runtime> {
    probe(workers + FEW)?;
    build(move || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(workers).enable_all().build()
    })
}

/// Builds a runtime on another thread. If the system denies a thread or a file, tokio panics, and it may then wait
/// forever for its other threads. [`probe`] cannot exclude that: another process may take the last ones.
fn build(build: impl FnOnce() -> io::Result<Runtime> + Send + 'static) -> io::Result<Runtime> {
    let (sender, done) = mpsc::channel();
    Builder::new().name("start".to_owned()).spawn(move || sender.send(build()))?;
    let denied = |_| io::Error::other("the system allows too few threads or open files");
    done.recv_timeout(STARTING).map_err(denied)?
}

/// Checks that the system allows this number of further threads at the same time.
fn probe(count: usize) -> io::Result<()> {
    let gate = Arc::new(Mutex::new(()));
    let closed = gate.lock();
    let wait = || {
        let gate = Arc::clone(&gate);
        Builder::new().name("probe".to_owned()).spawn(move || drop(gate.lock()))
    };
    let waiting = (0..count).map(|_| wait()).collect::<io::Result<Vec<_>>>()?;
    drop(closed);
    for thread in waiting {
        let _ = thread.join();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_does_not_return_delays_nothing() {
        let (_end, ending) = mpsc::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let ended = runtime.block_on(async {
            let call = blocking("test", move || ending.recv());
            tokio::time::timeout(Duration::from_millis(1), call).await
        });
        assert!(ended.is_err());
        // This does not wait for the thread, which would never end.
        drop(runtime);
    }

    #[tokio::test]
    async fn the_number_of_blocked_calls_is_limited() {
        let calls = Arc::<Mutex<Weak<()>>>::default();
        let (end, ending) = mpsc::channel::<()>();
        let ending = Arc::new(Mutex::new(ending));
        let mut blocked = tokio::task::JoinSet::new();
        for _ in 0..MAX_BLOCKED {
            let (calls, ending) = (Arc::clone(&calls), Arc::clone(&ending));
            let wait = move || ending.lock().unwrap().recv().unwrap_or_default();
            blocked.spawn(async move { blocking_within(&calls, "test", wait).await });
        }
        while calls.lock().unwrap().strong_count() < MAX_BLOCKED {
            tokio::task::yield_now().await;
        }
        let error = blocking_within(&calls, "test", || ()).await.unwrap_err();
        assert!(error.to_string().contains("have not returned"), "{error}");
        drop(end);
        blocked.join_all().await.into_iter().for_each(Result::unwrap);
        while blocking_within(&calls, "test", || ()).await.is_err() {}
    }

    #[tokio::test]
    async fn a_panic_is_an_error() {
        assert_eq!(blocking("test", || 1).await.unwrap(), 1);
        let error = blocking("test", || panic!("on purpose")).await.unwrap_err();
        assert_eq!(error.to_string(), "the thread `test` has panicked");
    }
}
