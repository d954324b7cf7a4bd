//! Why the spool cannot be used.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why the spool's file cannot be used. The sentences go to an operator.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be made, or not written to.
    #[error(
        "the spool's folder {dir} cannot be used; set receiver.spool_dir to a folder that this user may write to"
    )]
    Folder {
        /// The folder.
        dir: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A receiver has it open.
    #[error("the spool {path} is in use by another receiver; give each its own receiver.spool_dir")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The system does not let us open, read or write it.
    #[error(
        "the spool {path} cannot be read or written; let this user write there, and see that the disk has room"
    )]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<redb::Error>,
    },
    /// Its content makes no sense.
    #[error(
        "the spool {path} is damaged; keep it, as it may hold events that were answered 200, move it away, and start again"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<redb::Error>,
    },
    /// An open spool could not be used.
    #[error("the spool's file could not be read or written")]
    File(#[from] Box<redb::Error>),
    /// The database gave up in the middle of its work.
    #[error("the spool's database panicked")]
    Panicked,
    /// The system gives us no thread.
    #[error("the spool's thread could not be started")]
    Thread(#[source] io::Error),
}

/// Why something was not done with the spool.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum SpoolError {
    /// No room within the limit.
    #[error("the spool is full; see why RabbitMQ takes nothing, or raise receiver.spool_bytes_max")]
    Full,
    /// The file could not be used.
    #[error("the spool could not be used")]
    Failed(#[source] Arc<StoreError>),
    /// It failed a moment ago, and is tried again soon.
    #[error("the spool failed a moment ago")]
    Failing,
    /// The disk takes its time.
    #[error("the spool was not synced in time")]
    Slow,
    /// The receiver is stopping.
    #[error("the spool is closed")]
    Closed,
}

/// redb has an error type for each kind of call.
pub(super) fn file(error: impl Into<redb::Error>) -> StoreError {
    StoreError::File(Box::new(error.into()))
}
