//! The last datapoint map, in a file beside the spool.
//!
//! A connector that starts while the broker is away would not know which values to keep.

use std::{fs, io::ErrorKind, path::PathBuf, sync::Arc};

use crate::settings::{BusSettings, state_dir::file_name};

/// Where the map is.
#[derive(Debug, Clone)]
pub(crate) struct MapFile {
    path: Arc<PathBuf>,
}

impl MapFile {
    /// The place, if the settings have a folder for such things.
    pub(crate) fn of(settings: &BusSettings) -> Option<Self> {
        let folder = settings.spool_dir.as_ref()?;
        let path = folder.join(file_name(&settings.connector_name) + ".map.json");
        Some(Self { path: Arc::new(path) })
    }

    /// What was kept, if anything was.
    pub(crate) fn read(&self) -> Option<Vec<u8>> {
        let read = fs::read(&*self.path);
        let is_missing = |error: &std::io::Error| error.kind() == ErrorKind::NotFound;
        if let Err(error) = read.as_ref()
            && !is_missing(error)
        {
            tracing::warn!("{} cannot be read: {error}", self.path.display());
        }
        read.ok()
    }

    /// Keeps a map: the whole of it, or the one before.
    pub(crate) async fn keep(&self, map: Vec<u8>) {
        let path = Arc::clone(&self.path);
        let kept = tokio::task::spawn_blocking(move || {
            let new = path.with_extension("new");
            fs::write(&new, map)?;
            fs::File::open(&new)?.sync_all()?;
            fs::rename(new, &*path)
        });
        if let Ok(Err(error)) = kept.await {
            tracing::warn!("SPOOL_DIR: the datapoint map is not kept: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_kept_is_read() {
        let folder = std::env::temp_dir().join(format!("selection-{:x}", fastrand::u64(..)));
        fs::create_dir(&folder).unwrap();
        let mut settings = BusSettings::new("a/b", "localhost");
        assert!(MapFile::of(&settings).is_none());
        settings.spool_dir = Some(folder.clone());
        let file = MapFile::of(&settings).unwrap();
        assert_eq!(file.read(), None);
        for map in ["one", "two"] {
            file.keep(map.into()).await;
            assert_eq!(file.read().unwrap(), map.as_bytes());
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
