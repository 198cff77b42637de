//! How a tool works: until it is done or told to stop, and what it prints.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use tokio::runtime::Builder;

use crate::{Error, settings::Exit, stop};

/// Threads of a tool: the device part may block some of them.
const THREADS: usize = 4;

/// Does asynchronous work; SIGTERM and Ctrl-C end it, which is no failure.
pub(crate) fn block_on<F>(work: F) -> Result<ExitCode, Exit>
where
    F: Future<Output = Result<ExitCode, Exit>> + Send + 'static,
{
    let runtime = Builder::new_multi_thread().worker_threads(THREADS).enable_all().build();
    let runtime = runtime.map_err(Error::from)?;
    let done = runtime.block_on(async {
        let mut signals = stop::Signals::listen().map_err(Error::from)?;
        let work = tokio::spawn(work);
        tokio::select! {
            done = work => done.map_err(Error::from)?,
            _ = signals.first() => Ok(ExitCode::SUCCESS),
        }
    });
    // A blocking call of the device part must not hold up the end.
    runtime.shutdown_background();
    done
}

/// Prints what a tool is asked for. Who reads it may leave early, as `head` does.
pub(crate) fn print(text: impl AsRef<[u8]>) -> Result<ExitCode, Exit> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_ref()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::from(error).into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
