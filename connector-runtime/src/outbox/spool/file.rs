//! The database file of a spool.

use std::{
    cell::Cell,
    collections::BTreeMap,
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    rc::Rc,
};

use anyhow::Context;
use redb::{
    Builder, Database, Durability, ReadableDatabase, ReadableTable, ReadableTableMetadata,
    TableDefinition, backends::FileBackend,
};

use crate::{
    error::{Causes, Error, Result, isolated_call},
    outbox::{
        message::{MessageKind, Publish, Stub},
        spool::{encoding, writer::Store},
    },
    settings::state_dir::file_name,
    system::file,
    telemetry::counted,
    time::Timestamp,
};

const MESSAGES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("messages");

/// Memory for the cache of pages.
const CACHE: usize = 2 << 20;

/// An empty file larger than this is compacted.
const ROOMY: u64 = 8 << 20;

/// The path of a connector's file.
pub(super) struct File {
    path: PathBuf,
}

/// An open file, locked against other processes.
pub(super) struct Open {
    path: PathBuf,
    id: (u64, u64),
    database: Database,
}

impl File {
    pub(super) fn of(folder: &Path, name: &str) -> Self {
        Self { path: folder.join(file_name(name) + ".spool") }
    }

    /// Opens the file, and creates it if it does not exist. A damaged file is moved aside.
    pub(super) fn open(&self) -> Result<Open> {
        let path = &self.path;
        if let Some(folder) = path.parent() {
            let instead =
                || format!("cannot create {}: is this user allowed to?", folder.display());
            fs::create_dir_all(folder).with_context(instead)?;
        }
        let error = match isolated_call(|| open(path)) {
            Err(error) => error,
            open => return open,
        };
        if matches!(error.downcast_ref(), Some(redb::Error::DatabaseAlreadyOpen)) {
            anyhow::bail!(
                "another process uses {}, such as an earlier one of this connector: end it, or set another \
                 CONNECTOR_NAME or SPOOL_DIR",
                path.display()
            );
        }
        if !is_damage(&error) {
            return Err(error.context(format!("cannot open {}", path.display())));
        }
        let aside = path.with_extension(format!("corrupt-{}", Timestamp::now().as_millis()));
        fs::rename(path, &aside).with_context(|| format!("{} is damaged", path.display()))?;
        tracing::error!(
            "{} is damaged: it was moved to {}, and its messages are lost: {}",
            path.display(),
            aside.display(),
            Causes(&error)
        );
        open(path)
    }
}

fn open(path: &Path) -> Result<Open> {
    let file = file::open_own(path)?;
    let id = file::id(&file.metadata()?);
    Ok(Open { path: path.to_owned(), id, database: open_database(file)? })
}

fn open_database(file: fs::File) -> std::result::Result<Database, redb::Error> {
    let is_checked = Rc::new(Cell::new(false));
    let checked = Rc::clone(&is_checked);
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE).set_repair_callback(move |_| checked.set(true));
    let mut database = builder.create_with_backend(FileBackend::new(file)?)?;
    // After a crash, redb has checked the file already.
    if !is_checked.get() {
        database.check_integrity()?;
    }
    let transaction = database.begin_write()?;
    transaction.open_table(MESSAGES)?;
    transaction.commit()?;
    Ok(database)
}

/// Returns whether the file is the cause, not the disk or another process.
fn is_damage(error: &Error) -> bool {
    use redb::Error::{DatabaseAlreadyOpen, Io, LockProtocolMismatch, PreviousIo};
    if error.is::<io::Error>() {
        return false;
    }
    match error.downcast_ref() {
        Some(Io(error)) => {
            matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof)
        }
        Some(DatabaseAlreadyOpen | LockProtocolMismatch | PreviousIo) => false,
        // Another error, or a panic.
        _ => true,
    }
}

impl Open {
    /// Fails if the next run would open another file than this one, or none.
    fn require_same_file(&self) -> Result<()> {
        let path = self.path.display();
        let found = fs::symlink_metadata(&self.path);
        let found = found.with_context(|| format!("{path} no longer exists"))?;
        anyhow::ensure!(file::id(&found) == self.id, "{path} was replaced by another file");
        Ok(())
    }
}

impl Store for Open {
    fn id(&self) -> Option<(u64, u64)> {
        self.require_same_file().is_ok().then_some(self.id)
    }

    fn commit(&mut self, put: &BTreeMap<u64, Publish>, remove: &[u64]) -> Result<()> {
        self.require_same_file()?;
        let is_empty = {
            let mut transaction = self.database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            let is_empty = {
                let mut messages = transaction.open_table(MESSAGES)?;
                for (seq, publish) in put {
                    messages.insert(seq, &*encoding::encode(publish))?;
                }
                for seq in remove {
                    messages.remove(seq)?;
                }
                messages.is_empty()?
            };
            transaction.commit()?;
            is_empty
        };
        if is_empty && fs::metadata(&self.path)?.len() > ROOMY {
            self.database.compact()?;
        }
        Ok(())
    }

    fn read(&mut self, kind: MessageKind, from: u64, bytes: usize) -> Result<(Vec<Publish>, bool)> {
        let messages = self.database.begin_read()?.open_table(MESSAGES)?;
        let (mut found, mut size) = (Vec::new(), 0);
        for message in messages.range(from..)? {
            if size >= bytes {
                return Ok((found, false));
            }
            let (seq, record) = message?;
            if encoding::is_of(kind, record.value())
                && let Some(publish) = encoding::decode(seq.value(), record.value())
            {
                size += publish.cost();
                found.push(publish);
            }
        }
        Ok((found, true))
    }

    fn index(&mut self) -> Result<Vec<Stub>> {
        let (mut stubs, mut bad) = (Vec::new(), Vec::new());
        for message in self.database.begin_read()?.open_table(MESSAGES)?.iter()? {
            let (seq, record) = message?;
            match encoding::decode(seq.value(), record.value()) {
                Some(publish) => stubs.push(Stub::of(&publish)),
                None => bad.push(seq.value()),
            }
        }
        if !bad.is_empty() {
            tracing::error!(
                "dropped {} from {}: damaged records",
                counted(bad.len(), "message"),
                self.path.display()
            );
            self.commit(&BTreeMap::new(), &bad)?;
        }
        Ok(stubs)
    }
}

#[cfg(test)]
mod tests;
