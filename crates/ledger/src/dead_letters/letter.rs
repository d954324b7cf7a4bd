//! Dead letters, as lists and a look at one of them show them.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::DeadLetterPlace;

/// A dead letter's number at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct DeadLetterId(pub i64);

impl fmt::Display for DeadLetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// How it stands with a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterState {
    /// Nobody does anything about it.
    Dead,
    /// Goes on by itself once what lies before it is done or discarded.
    Waiting,
    /// Part of a replay, and not sent yet.
    Queued,
    /// On its way to its role, or there.
    Sent,
    /// Handled for good.
    Done,
    /// Given up by a person.
    Discarded,
}

impl DeadLetterState {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Dead, Self::Waiting, Self::Queued, Self::Sent, Self::Done, Self::Discarded];

    /// Those that are not over.
    pub const OPEN: [Self; 4] = [Self::Dead, Self::Waiting, Self::Queued, Self::Sent];

    /// The name in the database and in listings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Waiting => "waiting",
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Done => "done",
            Self::Discarded => "discarded",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl fmt::Display for DeadLetterState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A dead letter, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// Its number.
    pub id: DeadLetterId,
    /// How it stands.
    pub state: DeadLetterState,
    /// Who could not handle it.
    pub role: String,
    /// As [`crate::Fallen::store`].
    pub store: String,
    /// As [`crate::Fallen::subject`].
    pub subject: Option<String>,
    /// As [`crate::Fallen::kind`].
    pub kind: String,
    /// Of its last failure.
    pub class: String,
    /// Of its last failure.
    pub chain: String,
    /// As [`crate::Fallen::group`].
    pub group: String,
    /// Counted attempts that failed before it was last given up.
    pub attempts: u32,
    /// How often it became a dead letter. 0: nothing of it has come, and only that it fell is known.
    pub failures: u32,
    /// When it first failed.
    pub first_failed_at: Timestamp,
    /// When it last failed.
    pub last_failed_at: Timestamp,
    /// Since when it stands as it does.
    pub changed_at: Timestamp,
    /// Whether a person changed what is replayed.
    pub edited: bool,
}

impl DeadLetter {
    /// Whether anything of it is there to be sent.
    pub fn has_come(&self) -> bool {
        self.failures > 0
    }

    /// Where it stands in the list.
    pub fn place(&self) -> DeadLetterPlace {
        DeadLetterPlace { last_failed_at: self.last_failed_at, id: self.id }
    }
}

/// A dead letter with all that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct WholeDeadLetter {
    /// What lists show.
    pub letter: DeadLetter,
    /// The publisher's message id.
    pub message_id: String,
    /// MIME type of the body.
    pub content_type: String,
    /// Headers and properties with which it last came from its sender: what fails in a replay has only ours, and changes nothing of them.
    pub properties: Value,
    /// The body with which it first failed.
    pub body: Vec<u8>,
    /// The body with which it is replayed instead.
    pub edited_body: Option<Vec<u8>>,
}
