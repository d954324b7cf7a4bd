//! Events on this machine's disk while RabbitMQ does not take them.
//!
//! One file, written by one thread. What waits to be written is committed together, and is there after a crash.

mod depth;
#[cfg(test)]
mod disk;
pub(crate) mod drain;
mod error;
mod store;
#[cfg(test)]
mod suite;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossdock_queue::Message;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

pub(crate) use depth::Depth;
pub(crate) use error::SpoolError;
pub use error::StoreError;
use store::{Opener, Store};
use writer::{Command, Writer};

/// Commands that wait for the writer's thread; who has more waits for room.
const COMMANDS_MAX: usize = 1024;

/// An event that was spooled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spooled {
    /// Its place: a later one has a greater number.
    pub(crate) seq: u64,
    pub(crate) message: Message,
}

/// The spool. Dropped, it has written what it was given, and its file is closed.
pub(crate) struct Spool {
    commands: Option<mpsc::Sender<Command>>,
    depth: watch::Receiver<Depth>,
    bytes_max: u64,
    thread: Option<JoinHandle<()>>,
    /// Whether its thread is left behind, as the disk does not answer.
    left: AtomicBool,
}

impl Spool {
    /// Opens the spool in this folder, and makes both if they are missing. After a crash it is checked whole: seconds for a GiB.
    ///
    /// # Errors
    /// Says what an operator has to do.
    pub(crate) fn open(dir: &Path, bytes_max: u64) -> Result<Self, StoreError> {
        Self::with_opener(store::file_opener(dir)?, bytes_max)
    }

    fn with_opener(opener: Opener, bytes_max: u64) -> Result<Self, StoreError> {
        let store = Store::open(&opener)?;
        let (depth, seen) = watch::channel(store.depth());
        let (commands, waiting) = mpsc::channel(COMMANDS_MAX);
        let writer = Writer::new(opener, store, bytes_max, depth);
        let thread = std::thread::Builder::new().name("spool".to_owned());
        let thread = thread.spawn(move || writer.run(waiting)).map_err(StoreError::Thread)?;
        Ok(Self {
            commands: Some(commands),
            depth: seen,
            bytes_max,
            thread: Some(thread),
            left: AtomicBool::new(false),
        })
    }

    /// Writes these events, all or none. `Ok`: they are synced to the disk.
    ///
    /// # Errors
    /// They may be there nonetheless: the sender repeats them, and the ids stay the same.
    pub(crate) async fn put(&self, run: Vec<Message>) -> Result<(), SpoolError> {
        self.ask(|reply| Command::Put { run, reply }).await
    }

    /// The first events after this place, in their order; none: from the first.
    pub(crate) async fn page(&self, after: Option<u64>) -> Result<Vec<Spooled>, SpoolError> {
        self.ask(|reply| Command::Page { after, reply }).await
    }

    /// Removes events that RabbitMQ has confirmed.
    pub(crate) async fn remove(&self, seqs: Vec<u64>) -> Result<(), SpoolError> {
        self.ask(|reply| Command::Remove { seqs, reply }).await
    }

    /// Finishes what was asked before, and closes the file. Whoever asks later is refused.
    ///
    /// A disk that does not answer within this time is not waited for any more, now and when the spool is dropped. What was
    /// promised is there; the system closes the file.
    pub(crate) async fn close(&self, within: Duration) {
        // Closed already is closed too.
        if timeout(within, self.ask(|reply| Command::Close { reply })).await.is_err() {
            self.left.store(true, Ordering::Relaxed);
            tracing::error!("the spool's disk does not answer: the spool is left unclosed");
        }
    }

    /// What it holds now.
    pub(crate) fn depth(&self) -> Depth {
        *self.depth.borrow()
    }

    /// The same, to be waited for.
    pub(crate) fn watch(&self) -> watch::Receiver<Depth> {
        self.depth.clone()
    }

    /// Whether an event may be put now.
    pub(crate) fn has_room(&self) -> bool {
        self.depth().has_room(self.bytes_max)
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, SpoolError>>) -> Command,
    ) -> Result<T, SpoolError> {
        let (reply, answer) = oneshot::channel();
        let commands = self.commands.as_ref().ok_or(SpoolError::Closed)?;
        commands.send(command(reply)).await.map_err(|_| SpoolError::Closed)?;
        answer.await.map_err(|_| SpoolError::Closed)?
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take()
            && !self.left.load(Ordering::Relaxed)
            && thread.join().is_err()
        {
            tracing::error!("the spool's thread panicked");
        }
    }
}
