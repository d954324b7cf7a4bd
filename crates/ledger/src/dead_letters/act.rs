//! What people do at the desk: the trail, and how replays go.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

/// The number of something done at the desk. That of a replay is its job's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ActId(pub i64);

impl fmt::Display for ActId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Who does something at the desk, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting {
    /// The console token's or the system user's name.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// Why, or which were meant: a reason, or the filter as a person reads it.
    pub note: String,
}

/// What is done at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActKind {
    /// A replay was begun.
    Replay,
    /// A replay was cancelled.
    Cancel,
    /// A cancelled replay was resumed.
    Resume,
    /// A body was edited.
    Edit,
    /// Some were discarded.
    Discard,
    /// A discarding was taken back.
    Undo,
    /// Some were given out, bodies included.
    Export,
}

impl ActKind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Replay, Self::Cancel, Self::Resume, Self::Edit, Self::Discard, Self::Undo, Self::Export];

    /// The name in the database and in listings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Cancel => "cancel",
            Self::Resume => "resume",
            Self::Edit => "edit",
            Self::Discard => "discard",
            Self::Undo => "undo",
            Self::Export => "export",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for ActKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Something that was done at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    /// Its number; that of a replay is its job's.
    pub id: ActId,
    /// What.
    pub kind: ActKind,
    /// Who did it.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// As [`Acting::note`].
    pub note: String,
    /// To how many dead letters.
    pub count: u64,
    /// On which earlier act: what was cancelled, resumed or taken back.
    pub of: Option<ActId>,
    /// How a replay goes; none of all others.
    pub progress: Option<Progress>,
}

/// How a replay goes. The numbers add up to the act's `count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Not sent yet.
    pub queued: u64,
    /// Sent, and nothing came back yet.
    pub sent: u64,
    /// When the first of these was sent.
    pub sent_since: Option<Timestamp>,
    /// Handled for good.
    pub done: u64,
    /// Failed again.
    pub dead: u64,
    /// Left out: it was cancelled before they were sent, or they were discarded.
    pub left: u64,
    /// Whether a person cancelled it.
    pub cancelled: bool,
    /// When nothing of it was left to come; none while it runs.
    pub ended_at: Option<Timestamp>,
}
