//! The thread that writes: it commits together what waits, and opens the file anew after an error.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossdock_queue::Message;
use crossdock_telemetry::chain;
use tokio::sync::{mpsc, oneshot, watch};

use super::store::{Changes, Opener, Store};
use super::{Depth, SpoolError, Spooled, StoreError};

/// Most commands of one commit.
const GROUP_COMMANDS_MAX: usize = 512;

/// Pause after a failure until the file is opened anew, in milliseconds; who asks meanwhile is refused at once.
const REOPEN_PAUSE_MS: u64 = 500;

type Reply<T> = oneshot::Sender<Result<T, SpoolError>>;

/// What is asked of the writer. A reply that nobody waits for any more does no harm.
pub(super) enum Command {
    Put { run: Vec<Message>, reply: Reply<()> },
    Remove { seqs: Vec<u64>, reply: Reply<()> },
    Page { after: Option<u64>, reply: Reply<Vec<Spooled>> },
    Close { reply: Reply<()> },
}

/// The writer.
pub(super) struct Writer {
    opener: Opener,
    /// None after a failure.
    store: Option<Store>,
    failed_at: Option<Instant>,
    /// Places begin here in a file that is opened anew: what was removed must not be named again.
    next: u64,
    bytes_max: u64,
    depth: watch::Sender<Depth>,
}

/// Commands that are answered together.
#[derive(Default)]
struct Group {
    changes: Changes,
    bytes: u64,
    changed: Vec<Reply<()>>,
    pages: Vec<(Option<u64>, Reply<Vec<Spooled>>)>,
    close: Option<Reply<()>>,
}

impl Writer {
    pub(super) fn new(opener: Opener, store: Store, bytes_max: u64, depth: watch::Sender<Depth>) -> Self {
        let next = store.next();
        Self { opener, store: Some(store), failed_at: None, next, bytes_max, depth }
    }

    /// Works until it is told to close, or nobody can ask any more. The file is closed then.
    pub(super) fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        while let Some(first) = commands.blocking_recv() {
            let mut group = Group::default();
            self.gather(first, &mut group);
            for _ in 1..GROUP_COMMANDS_MAX {
                let Ok(command) = commands.try_recv() else { break };
                self.gather(command, &mut group);
            }
            let close = group.close.take();
            self.handle(group);
            if let Some(reply) = close {
                drop(self);
                let _ = reply.send(Ok(()));
                return;
            }
        }
    }

    fn gather(&self, command: Command, group: &mut Group) {
        match command {
            Command::Put { run, reply } => {
                let bytes: u64 = run.iter().map(|message| Depth::bytes_of(message.body.len())).sum();
                let held = self.depth.borrow().bytes;
                if held.saturating_add(group.bytes).saturating_add(bytes) > self.bytes_max {
                    let _ = reply.send(Err(SpoolError::Full));
                    return;
                }
                group.bytes += bytes;
                group.changes.put.extend(run);
                group.changed.push(reply);
            }
            Command::Remove { seqs, reply } => {
                group.changes.remove.extend(seqs);
                group.changed.push(reply);
            }
            Command::Page { after, reply } => group.pages.push((after, reply)),
            Command::Close { reply } => group.close = Some(reply),
        }
    }

    fn handle(&mut self, group: Group) {
        if !group.changed.is_empty() {
            let done = self.attempt(|store| store.commit(&group.changes));
            for reply in group.changed {
                let _ = reply.send(done.clone());
            }
        }
        for (after, reply) in group.pages {
            let _ = reply.send(self.attempt(|store| store.page(after)));
        }
        if !group.changes.remove.is_empty() {
            // A failure is logged, and the next one who asks opens the file anew.
            let _ = self.attempt(Store::shrink);
        }
    }

    /// Does this with the file, opened anew if it failed before; says what the file holds after it.
    fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut Store) -> Result<T, StoreError>,
    ) -> Result<T, SpoolError> {
        let pause = Duration::from_millis(REOPEN_PAUSE_MS);
        if self.failed_at.is_some_and(|failed_at| failed_at.elapsed() < pause) {
            return Err(SpoolError::Failing);
        }
        let store = self.store.take().map_or_else(|| self.reopen(), Ok);
        let done = store.and_then(|mut store| {
            let done = work(&mut store)?;
            Ok((done, store))
        });
        match done {
            Ok((done, store)) => {
                if self.failed_at.take().is_some() {
                    tracing::info!("the spool can be used again");
                }
                self.next = store.next();
                self.depth.send_replace(store.depth());
                self.store = Some(store);
                Ok(done)
            }
            Err(error) => {
                tracing::error!(error = chain(&error), "the spool failed; it is opened anew");
                self.failed_at = Some(Instant::now());
                self.depth.send_modify(|depth| depth.failing = true);
                Err(SpoolError::Failed(Arc::new(error)))
            }
        }
    }

    fn reopen(&self) -> Result<Store, StoreError> {
        let mut store = Store::open(&self.opener)?;
        store.start_at(self.next);
        Ok(store)
    }
}
