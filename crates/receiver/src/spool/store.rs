//! The spool's file: a redb database with one table, from place to event.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crossdock_events::CONTENT_TYPE;
use crossdock_queue::Message;
use jiff::Timestamp;
use redb::{Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use super::error::file;
use super::{Depth, Spooled, StoreError};

/// The file's name in `receiver.spool_dir`.
const FILE: &str = "events.redb";

/// The file's name while it is made.
const NEW_FILE: &str = "events.redb.new";

/// Locked by the receiver that has the folder.
const LOCK_FILE: &str = "lock";

/// Place to time (milliseconds since 1970), routing key, id, body.
const EVENTS: TableDefinition<'_, u64, (i64, &str, &str, &[u8])> = TableDefinition::new("events");

/// Memory for the file's pages, in bytes; redb would take 1 GiB.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// Most events of a page.
const PAGE_EVENTS_MAX: usize = 256;

/// Bytes at which a page ends; its last event may exceed them.
const PAGE_BYTES_MAX: usize = 1024 * 1024;

/// A file that held more than this is compacted once it is empty, in bytes.
const COMPACT_BYTES_MIN: u64 = 4 * 1024 * 1024;

/// How the database is opened, and opened anew after an error.
pub(super) type Opener = Box<dyn Fn() -> Result<Database, StoreError> + Send>;

/// The open file.
pub(super) struct Store {
    database: Database,
    depth: Depth,
    next: u64,
    /// The most that it held since it was compacted; after opening, nobody knows.
    peak_bytes: u64,
}

/// What is to be changed in one commit.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) put: Vec<Message>,
    pub(super) remove: Vec<u64>,
}

/// Opens the file in this folder, which is this opener's alone for as long as it lives.
///
/// # Errors
/// The folder cannot be made, or another receiver has it.
pub(super) fn file_opener(dir: &Path) -> Result<Opener, StoreError> {
    let (dir, path, new) = (dir.to_owned(), dir.join(FILE), dir.join(NEW_FILE));
    let unusable = |dir: &Path, source| StoreError::Folder { dir: dir.to_owned(), source };
    fs::create_dir_all(&dir).map_err(|source| unusable(&dir, source))?;
    let lock = File::create(dir.join(LOCK_FILE)).map_err(|source| unusable(&dir, source))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path }),
        Err(TryLockError::Error(source)) => return Err(unusable(&dir, source)),
    }
    Ok(Box::new(move || {
        let _ = &lock;
        let open = |path: &Path| {
            let opened = Database::builder().set_cache_size(CACHE_BYTES).create(path);
            opened.map_err(|error| unopened(path, error))
        };
        if !path.exists() {
            // One that is half made would be refused for ever: it gets its name once it is whole.
            let _ = fs::remove_file(&new);
            drop(open(&new)?);
            let named = fs::rename(&new, &path).and_then(|()| File::open(&dir)?.sync_all());
            named.map_err(|source| unusable(&dir, source))?;
        }
        open(&path)
    }))
}

fn unopened(path: &Path, error: DatabaseError) -> StoreError {
    let path: PathBuf = path.to_owned();
    match redb::Error::from(error) {
        redb::Error::DatabaseAlreadyOpen => StoreError::InUse { path },
        redb::Error::Io(error) if error.kind() == ErrorKind::InvalidData => {
            StoreError::Damaged { path, source: Box::new(redb::Error::Io(error)) }
        }
        source @ redb::Error::Io(_) => StoreError::Unusable { path, source: Box::new(source) },
        source => StoreError::Damaged { path, source: Box::new(source) },
    }
}

impl Store {
    /// Opens it and counts what it holds.
    pub(super) fn open(opener: &Opener) -> Result<Self, StoreError> {
        guarded(|| {
            let database = opener()?;
            let mut store = Self { database, depth: Depth::default(), next: 0, peak_bytes: u64::MAX };
            let transaction = store.database.begin_write().map_err(file)?;
            transaction.open_table(EVENTS).map_err(file)?;
            transaction.commit().map_err(file)?;
            store.count()?;
            store.shrink()?;
            Ok(store)
        })
    }

    /// What it holds.
    pub(super) fn depth(&self) -> Depth {
        self.depth
    }

    /// No event gets a place before this one.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Places begin here, if not later.
    pub(super) fn start_at(&mut self, next: u64) {
        self.next = self.next.max(next);
    }

    /// Changes all of this in one transaction. `Ok`: it is synced to the disk.
    pub(super) fn commit(&mut self, changes: &Changes) -> Result<(), StoreError> {
        guarded(|| {
            let (mut depth, mut next) = (self.depth, self.next);
            let now = Timestamp::now().as_millisecond();
            // Its durability is `Immediate` by default: commit returns when the file is synced.
            let transaction = self.database.begin_write().map_err(file)?;
            {
                let mut events = transaction.open_table(EVENTS).map_err(file)?;
                for seq in &changes.remove {
                    if let Some(removed) = events.remove(seq).map_err(file)? {
                        depth.events -= 1;
                        depth.bytes -= Depth::bytes_of(removed.value().3.len());
                    }
                }
                for message in &changes.put {
                    let Message { routing_key, id, body, .. } = message;
                    events.insert(next, (now, routing_key.as_str(), id.as_str(), &body[..])).map_err(file)?;
                    next += 1;
                    depth.events += 1;
                    depth.bytes += Depth::bytes_of(body.len());
                }
                let first = events.first().map_err(file)?;
                depth.oldest = first.and_then(|(_, event)| Timestamp::from_millisecond(event.value().0).ok());
            }
            transaction.commit().map_err(file)?;
            (self.depth, self.next) = (depth, next);
            self.peak_bytes = self.peak_bytes.max(depth.bytes);
            Ok(())
        })
    }

    /// The first events after this place.
    pub(super) fn page(&self, after: Option<u64>) -> Result<Vec<Spooled>, StoreError> {
        guarded(|| {
            let from = after.map_or(0, |seq| seq + 1);
            let transaction = self.database.begin_read().map_err(file)?;
            let events = transaction.open_table(EVENTS).map_err(file)?;
            let (mut page, mut bytes) = (Vec::new(), 0);
            for entry in events.range(from..).map_err(file)? {
                let (seq, event) = entry.map_err(file)?;
                let (_, routing_key, id, body) = event.value();
                let (routing_key, id) = (routing_key.to_owned(), id.to_owned());
                bytes += body.len();
                let body = body.to_vec().into();
                let message = Message { routing_key, id, content_type: CONTENT_TYPE.into(), body };
                page.push(Spooled { seq: seq.value(), message });
                if page.len() >= PAGE_EVENTS_MAX || bytes >= PAGE_BYTES_MAX {
                    break;
                }
            }
            Ok(page)
        })
    }

    /// Gives an emptied file's disk space back.
    pub(super) fn shrink(&mut self) -> Result<(), StoreError> {
        if self.depth.events > 0 || self.peak_bytes <= COMPACT_BYTES_MIN {
            return Ok(());
        }
        guarded(|| {
            self.database.compact().map_err(file)?;
            self.peak_bytes = 0;
            Ok(())
        })
    }

    fn count(&mut self) -> Result<(), StoreError> {
        let transaction = self.database.begin_read().map_err(file)?;
        let events = transaction.open_table(EVENTS).map_err(file)?;
        for entry in events.range::<u64>(..).map_err(file)? {
            let (seq, event) = entry.map_err(file)?;
            let (put_at, .., body) = event.value();
            self.depth.events += 1;
            self.depth.bytes += Depth::bytes_of(body.len());
            self.depth.oldest = self.depth.oldest.or(Timestamp::from_millisecond(put_at).ok());
            self.next = seq.value() + 1;
        }
        Ok(())
    }
}

/// A file that is not as redb left it may break its assumptions: that ends this use of it, not the thread.
fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(StoreError::Panicked))
}
