//! A spool and its thread.

#[cfg(feature = "spool")]
use std::thread;
use std::{sync::Arc, time::Duration};

#[cfg(feature = "spool")]
use anyhow::Context;
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

/// How long the start waits until the file is open and checked.
const OPENING: Duration = Duration::from_secs(2);

/// The time limit of the last write.
const LAST_WRITE: Duration = Duration::from_secs(1);

/// A spool and its thread.
pub(crate) struct Running {
    pub(crate) spool: Arc<Spool>,
    /// Notified when something has been read from disk.
    pub(crate) arrivals: Arc<Notify>,
    ended: oneshot::Receiver<()>,
}

impl Running {
    /// Opens the connector's file, if the settings enable it, and waits up to 2 s until the
    /// messages of an earlier run are known. An unusable disk is logged and retried.
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
                // Closing the file writes to it, too.
                drop(worker);
            });
            let _ = end.send(());
        };
        let logs = logs.clone();
        let thread = thread::Builder::new().name("spool".to_owned());
        thread.spawn(move || work(logs)).context("cannot start the thread of SPOOL_DIR")?;
        if timeout(OPENING, is_open).await.is_err() {
            tracing::warn!(
                "SPOOL_DIR: starting before the file is checked: messages of an earlier run are published later"
            );
        }
        Ok(Some(Self { spool, arrivals, ended }))
    }

    /// Without the feature, settings that enable a spool have been rejected before.
    #[cfg(not(feature = "spool"))]
    #[allow(clippy::unused_async, reason = "as with the feature")]
    pub(crate) async fn start(_: &BusSettings, _: &Logs) -> Result<Option<Self>, Exit> {
        Ok(None)
    }

    /// Writes all unacknowledged messages, and ends the thread.
    pub(crate) async fn finish(mut self) {
        self.spool.close();
        if timeout(LAST_WRITE, &mut self.ended).await.is_err() {
            tracing::error!(
                "SPOOL_DIR: the last messages were not written to disk within {} s",
                LAST_WRITE.as_secs()
            );
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.spool.close();
    }
}
