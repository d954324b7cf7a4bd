//! A disk for tests: it can be held, be full, and lose what was not synced.

use std::io::{Error, ErrorKind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use fastrand::Rng;
use redb::{Database, StorageBackend};

use super::error::file;
use super::store::Opener;

/// A file on a disk of its own.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    platter: Arc<Mutex<Platter>>,
    /// Whether a test holds it: then no sync ends.
    gate: Arc<(Mutex<bool>, Condvar)>,
}

#[derive(Debug, Clone, Default)]
struct Platter {
    bytes: Vec<u8>,
    synced: Vec<u8>,
    unsynced: Vec<Change>,
    syncs: usize,
    /// Syncs that were begun.
    begun: usize,
    full: bool,
    /// What the disk may show after a power cut just before each sync, with what the test says was promised by then.
    cuts: Vec<Cut>,
    promised: u64,
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

/// A moment at which the power may go.
#[derive(Debug, Clone)]
pub(super) struct Cut {
    synced: Vec<u8>,
    unsynced: Vec<Change>,
    /// Events that had been promised to be there.
    pub(super) promised: u64,
}

impl Disk {
    pub(super) fn holding(bytes: Vec<u8>) -> Self {
        let disk = Self::default();
        *disk.platter() = Platter { synced: bytes.clone(), bytes, ..Platter::default() };
        disk
    }

    pub(super) fn opener(&self) -> Opener {
        let disk = self.clone();
        Box::new(move || Database::builder().create_with_backend(disk.clone()).map_err(file))
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.platter().bytes.clone()
    }

    pub(super) fn len(&self) -> usize {
        self.platter().bytes.len()
    }

    pub(super) fn syncs(&self) -> usize {
        self.platter().syncs
    }

    pub(super) fn begun(&self) -> usize {
        self.platter().begun
    }

    pub(super) fn set_full(&self, full: bool) {
        self.platter().full = full;
    }

    pub(super) fn promise(&self, events: u64) {
        self.platter().promised = events;
    }

    pub(super) fn cuts(&self) -> Vec<Cut> {
        self.platter().cuts.clone()
    }

    /// No sync ends from now on, or they do again.
    pub(super) fn hold(&self, held: bool) {
        *self.gate.0.lock().unwrap() = held;
        self.gate.1.notify_all();
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.platter.lock().unwrap()
    }
}

impl Cut {
    /// The disk afterwards: what was synced, and any part of the rest.
    pub(super) fn disk(&self, dice: &mut Rng) -> Disk {
        let mut bytes = self.synced.clone();
        let whole = dice.u8(..4) == 0;
        for change in &self.unsynced {
            match change {
                Change::Length(length) if whole || dice.bool() => bytes.resize(*length, 0),
                Change::Write(at, data) if whole || dice.bool() => {
                    let torn =
                        if !whole && dice.u8(..4) == 0 { dice.usize(..=data.len()) } else { data.len() };
                    let end = at + torn;
                    bytes.resize(bytes.len().max(end), 0);
                    bytes[*at..end].copy_from_slice(&data[..torn]);
                }
                _ => {}
            }
        }
        Disk::holding(bytes)
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.platter().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let at = usize::try_from(offset).unwrap();
        let platter = self.platter();
        let bytes = platter.bytes.get(at..at + out.len());
        out.copy_from_slice(bytes.ok_or(Error::from(ErrorKind::UnexpectedEof))?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<(), Error> {
        let length = usize::try_from(length).unwrap();
        let mut platter = self.platter();
        if platter.full && length > platter.bytes.len() {
            return Err(ErrorKind::StorageFull.into());
        }
        platter.bytes.resize(length, 0);
        platter.unsynced.push(Change::Length(length));
        Ok(())
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.platter().begun += 1;
        let (held, released) = &*self.gate;
        drop(released.wait_while(held.lock().unwrap(), |held| *held).unwrap());
        let mut platter = self.platter();
        let platter = &mut *platter;
        let unsynced = std::mem::take(&mut platter.unsynced);
        let promised = platter.promised;
        platter.cuts.push(Cut { synced: platter.synced.clone(), unsynced, promised });
        platter.synced.clone_from(&platter.bytes);
        platter.syncs += 1;
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let at = usize::try_from(offset).unwrap();
        let mut platter = self.platter();
        if platter.full {
            return Err(ErrorKind::StorageFull.into());
        }
        platter.bytes[at..at + data.len()].copy_from_slice(data);
        platter.unsynced.push(Change::Write(at, data.to_vec()));
        Ok(())
    }
}
