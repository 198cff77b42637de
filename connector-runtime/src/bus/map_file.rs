//! The last datapoint map, in a file next to the spool.
//!
//! Without it, a connector that starts without a broker would not know which values to keep.

use std::{io::ErrorKind, path::PathBuf, sync::Arc};

use crate::{
    bus::map_reader::MapLimits,
    settings::{BusSettings, state_dir::file_name},
    system::{file, thread},
};

/// The path of the file.
#[derive(Debug, Clone)]
pub(crate) struct MapFile {
    path: Arc<PathBuf>,
}

impl MapFile {
    /// Returns the file, if the settings name a folder for it.
    pub(crate) fn of(settings: &BusSettings) -> Option<Self> {
        let folder = settings.spool_dir.as_ref()?;
        let path = folder.join(file_name(&settings.connector_name) + ".map.json");
        Some(Self { path: Arc::new(path) })
    }

    /// Reads the stored map, if there is one.
    pub(crate) fn read(&self) -> Option<Vec<u8>> {
        let read = file::read_own(&self.path, MapLimits::MOST.bytes);
        let is_missing = |error: &std::io::Error| error.kind() == ErrorKind::NotFound;
        if let Err(error) = read.as_ref()
            && !is_missing(error)
        {
            tracing::warn!("cannot read {}: {error}", self.path.display());
        }
        read.ok()
    }

    /// Stores a map atomically: after a crash, the file contains the new map or the previous one.
    pub(crate) async fn keep(&self, map: Vec<u8>) {
        let path = Arc::clone(&self.path);
        let kept = thread::blocking("map", move || file::replace(&path, &map)).await;
        if let Err(error) = kept.flatten() {
            tracing::warn!("SPOOL_DIR: cannot store the datapoint map: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn a_stored_map_is_read_back() {
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
