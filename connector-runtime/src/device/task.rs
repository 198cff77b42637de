//! A task of the device part that lives as long as its session.

use tokio::task::JoinHandle;

use crate::{
    error::{Causes, Result, isolated},
    telemetry::log::Logs,
};

/// A task that runs concurrently with the calls of the runtime: it reads what the device sends, or
/// accepts its connections.
///
/// It is aborted when this handle is dropped, so as a field of a session it ends with the session.
/// Unlike with a plain `tokio::spawn`, its log messages go to the log topic of the connector that
/// started it.
///
/// ```
/// use connector_runtime::{Task, prelude::*};
/// use tokio::{io::{AsyncBufReadExt, BufReader, Lines}, net::TcpStream, sync::{Mutex, mpsc}};
///
/// struct Session {
///     lines: Mutex<mpsc::Receiver<String>>,
///     reader: Task,
/// }
///
/// fn session(connection: TcpStream) -> Session {
///     let (sender, lines) = mpsc::channel(100);
///     let reader = Task::spawn(async move {
///         let mut input = BufReader::new(connection).lines();
///         while let Some(line) = input.next_line().await? {
///             sender.send(line).await?;
///         }
///         bail!("the device closed the connection")
///     });
///     Session { lines: Mutex::new(lines), reader }
/// }
///
/// // In a method with `#[receive]`: an error that ends the task ends the session as well.
/// async fn line(session: &Session) -> Result<String> {
///     let mut lines = session.lines.lock().await;
///     tokio::select! {
///         Some(line) = lines.recv() => Ok(line),
///         error = session.reader.ended() => Err(error),
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use = "a task is aborted when its handle is dropped"]
pub struct Task {
    handle: JoinHandle<()>,
    outcome: tokio::sync::watch::Receiver<Option<String>>,
}

impl Task {
    /// Starts a task. A panic in it counts as an error.
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime.
    pub fn spawn(task: impl Future<Output = Result<()>> + Send + 'static) -> Self {
        let (sender, outcome) = tokio::sync::watch::channel(None);
        let task = async move {
            let error = isolated(task).await.err();
            let error = error
                .map_or_else(|| "the task returned".to_owned(), |error| Causes(&error).to_string());
            sender.send_replace(Some(error));
        };
        let handle = match Logs::current() {
            Some(logs) => tokio::spawn(logs.collect(task)),
            None => tokio::spawn(task),
        };
        Self { handle, outcome }
    }

    /// Waits until the task has ended, and returns the reason. Can be called any number of times.
    pub async fn ended(&self) -> crate::error::Error {
        let mut outcome = self.outcome.clone();
        let error = outcome.wait_for(Option::is_some).await;
        let error = error.ok().and_then(|error| error.clone());
        anyhow::anyhow!(error.unwrap_or_else(|| "the task was aborted".to_owned()))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_task_ends_with_its_owner_and_reports_why_it_failed() {
        let task = Task::spawn(async { anyhow::bail!("cut") });
        assert_eq!(task.ended().await.to_string(), "cut");
        assert_eq!(task.ended().await.to_string(), "cut");
        let task = Task::spawn(async { panic!("bug") });
        assert_eq!(task.ended().await.to_string(), "panicked: bug");

        let (alive, ended) = oneshot::channel::<()>();
        let task = Task::spawn(async move {
            let _alive = alive;
            std::future::pending().await
        });
        drop(task);
        assert!(ended.await.is_err());
    }
}
