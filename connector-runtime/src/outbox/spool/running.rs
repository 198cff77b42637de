//! A spool with the thread that writes it.

#[cfg(feature = "spool")]
use std::thread;
use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, oneshot},
    time::timeout,
};

use crate::{
    outbox::spool::requests::Spool,
    settings::{BusSettings, Exit},
    telemetry::log::Logs,
};
#[cfg(feature = "spool")]
use crate::{
    outbox::spool::{file::File, writer::SpoolWriter},
    time::Timestamp,
};

/// How long the start waits for the file, all of which is checked.
const OPENING: Duration = Duration::from_secs(2);

/// How long the last write may take.
const LAST_WRITE: Duration = Duration::from_secs(1);

/// A spool and its thread.
pub(crate) struct Running {
    pub(crate) spool: Arc<Spool>,
    /// Notified when there is something to be taken.
    pub(crate) arrivals: Arc<Notify>,
    ended: oneshot::Receiver<()>,
}

impl Running {
    /// Opens the file of a connector, if its settings want one, and waits a moment until it is known what
    /// an earlier run has left there. A disk that cannot be used is told in the log, and tried again.
    #[cfg(feature = "spool")]
    pub(crate) async fn start(settings: &BusSettings, logs: &Logs) -> Result<Option<Self>, Exit> {
        let Some(folder) = &settings.spool_dir else { return Ok(None) };
        let arrivals = Arc::<Notify>::default();
        let notified = Arc::clone(&arrivals);
        let limit = settings.spool_max_mib << 20;
        let spool = Spool::new(limit, Timestamp::now(), move || notified.notify_one());
        let spool = Arc::new(spool);
        let file = File::of(folder, &settings.connector_name);
        let mut worker = SpoolWriter::new(Arc::clone(&spool), move || file.open());
        let (opened, is_open) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let work = move |logs: Logs| {
            logs.collect_sync(|| {
                worker.open();
                let _ = opened.send(());
                worker.run();
            });
            let _ = end.send(());
        };
        let logs = logs.clone();
        let thread = thread::Builder::new().name("spool".to_owned());
        thread
            .spawn(move || work(logs))
            .map_err(|error| Exit::Faults(vec![format!("cannot start a thread: {error}")]))?;
        if timeout(OPENING, is_open).await.is_err() {
            tracing::warn!(
                "SPOOL_DIR: what an earlier run has left is published once it is checked"
            );
        }
        Ok(Some(Self { spool, arrivals, ended }))
    }

    /// Without the feature the settings were refused before, if they want one.
    #[cfg(not(feature = "spool"))]
    #[allow(clippy::unused_async, reason = "as with the feature")]
    pub(crate) async fn start(_: &BusSettings, _: &Logs) -> Result<Option<Self>, Exit> {
        Ok(None)
    }

    /// Writes what is not acknowledged, and ends the thread.
    pub(crate) async fn finish(mut self) {
        self.spool.close();
        if timeout(LAST_WRITE, &mut self.ended).await.is_err() {
            tracing::error!("SPOOL_DIR: the disk did not take the last messages in time");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.spool.close();
    }
}
