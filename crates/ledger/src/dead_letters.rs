//! What could not be done, what people did about it, and how its replays went.

use std::fmt;

use async_trait::async_trait;
use crossdock_domain::Sku;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::LedgerError;

/// The desk's half of the ledger. Each method is one transaction, and may be repeated.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    // ---- what comes off the queue

    /// Takes what could not be done. The same message of the same role is the same dead letter: once it fails anew it has one more
    /// failure and is `dead` again, also after it was done or discarded. A failure that was taken before changes nothing, nor does that
    /// of a replay that is not the latest.
    async fn bury(&self, fallen: &[Fallen], at: Timestamp) -> Result<(), LedgerError>;

    /// These replays were handled for good. One of a dead letter that is not known any more is passed over.
    async fn revive(&self, replays: &[ReplayKey], at: Timestamp) -> Result<(), LedgerError>;

    // ---- the order of what is about one subject

    /// A message is about to become a dead letter, where messages about one subject must keep their order. Said before it leaves its
    /// queue, and true until its dead letter is done or discarded.
    async fn falls(&self, message: &MessageKey, subject: &str, at: Timestamp) -> Result<(), LedgerError>;

    /// Whether a message has to wait: the id of the first one about the same subject that fell before it and still lies. One that
    /// has fallen itself waits for those before it only.
    async fn falls_behind(&self, message: &MessageKey, subject: &str) -> Result<Option<String>, LedgerError>;

    // ---- reading

    /// Dead letters, that which failed last first.
    async fn dead_letters(&self, wanted: &DeadLettersWanted) -> Result<Vec<DeadLetter>, LedgerError>;

    /// One of them, with all that was kept of it.
    async fn dead_letter(&self, id: DeadLetterId) -> Result<Option<WholeDeadLetter>, LedgerError>;

    /// How many there are. What `wanted` says of a limit is passed over.
    async fn count_dead_letters(&self, wanted: &DeadLettersWanted) -> Result<u64, LedgerError>;

    /// What failed for one reason, in one role and shop, together; the largest group first.
    async fn dead_letter_groups(
        &self,
        wanted: &DeadLettersWanted,
        now: Timestamp,
    ) -> Result<Vec<DeadLetterGroup>, LedgerError>;

    // ---- acting

    /// Has the wanted ones replayed that are `dead`. They are `queued`, in the order in which they first failed, and a running desk sends
    /// them. One that was `sent` more than an hour ago and is wanted by its id is sent once more. `None`: none was there to be replayed.
    async fn begin_replay(
        &self,
        wanted: &DeadLettersWanted,
        act: &Acting,
    ) -> Result<Option<ActId>, LedgerError>;

    /// Ends a replay: what is still `queued` is `dead` again. What was sent is not called back. False if it had ended.
    async fn cancel_replay(&self, replay: ActId, act: &Acting) -> Result<bool, LedgerError>;

    /// Goes on with a cancelled replay: what it left is `queued` again, if it is still `dead`. False if it was not cancelled.
    async fn resume_replay(&self, replay: ActId, act: &Acting) -> Result<bool, LedgerError>;

    /// Replaces the body with which a dead letter is replayed; the original stays. None: the original again. False if it is neither
    /// `dead` nor `waiting`, or not known.
    async fn edit(&self, id: DeadLetterId, body: Option<&[u8]>, act: &Acting) -> Result<bool, LedgerError>;

    /// Gives up the wanted ones that are `dead` or `waiting`, and those `sent` that are wanted by their id. `None`: none was there.
    async fn discard(&self, wanted: &DeadLettersWanted, act: &Acting) -> Result<Option<ActId>, LedgerError>;

    /// Takes a discarding back: what is still discarded by it is as it was before. Returns how many.
    async fn undo_discard(&self, discarding: ActId, act: &Acting) -> Result<u64, LedgerError>;

    /// What was done at the desk, the latest first.
    async fn acts(&self, limit: u32) -> Result<Vec<Act>, LedgerError>;

    /// One of these.
    async fn act(&self, id: ActId) -> Result<Option<Act>, LedgerError>;

    /// What was done with one dead letter, oldest first.
    async fn acts_on(&self, id: DeadLetterId) -> Result<Vec<Act>, LedgerError>;

    // ---- sending, by one process at a time

    /// The next ones to be sent, which are `sent` from now on: of each role and shop as many as keep those that are under way within
    /// `most`, those that failed first before the others, and of one subject one at a time. A shop named in `paused` gets none.
    /// What a process was given and did not confirm ([`DeadLetters::sent`]) comes once more when `again` is set: at its start.
    async fn next_to_send(
        &self,
        most: u32,
        paused: &[String],
        again: bool,
        at: Timestamp,
    ) -> Result<Vec<ToSend>, LedgerError>;

    /// `RabbitMQ` has these.
    async fn sent(&self, replays: &[ReplayKey], at: Timestamp) -> Result<(), LedgerError>;

    /// Forgets what was done or discarded before this moment. Returns how many.
    async fn forget_dead_letters(&self, before: Timestamp) -> Result<u64, LedgerError>;

    // ---- what a preview needs

    /// Those of these SKUs of which the warehouse told a count, or that it knows them, after this moment.
    async fn known_since(&self, skus: &[Sku], since: Timestamp) -> Result<Vec<Sku>, LedgerError>;
}

/// A dead letter's number at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct DeadLetterId(pub i64);

/// The number of something done at the desk. That of a replay is its job's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ActId(pub i64);

/// Which sending of a dead letter. Travels with the message, and comes back with what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplayKey {
    /// Whose.
    pub id: DeadLetterId,
    /// 1 for its first replay.
    pub round: u32,
}

/// A message, as the queues know it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageKey {
    /// Whose queue it was on.
    pub role: String,
    /// The publisher's message id; of a message without one, what tells it from others.
    pub message_id: String,
}

/// A message that could not be handled, as it came off the dead-letter queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Fallen {
    /// What makes it the same dead letter when it fails again.
    pub message: MessageKey,
    /// The lane in which it failed: a shop's id, or another name (`/warehouse`); empty if it could not be read.
    pub store: String,
    /// The order or SKU that it is about.
    pub subject: Option<String>,
    /// Its type, and first routing key.
    pub kind: String,
    /// MIME type of the body.
    pub content_type: String,
    /// All headers and properties that it had.
    pub properties: Value,
    /// The body, as it was.
    pub body: Vec<u8>,
    /// Kind of failure, a stable word.
    pub class: String,
    /// The error and all its causes.
    pub chain: String,
    /// The same with numbers and ids masked: equal for all that failed for the same reason.
    pub cause: String,
    /// Short name of what has the same role, shop, class and cause.
    pub group: String,
    /// Counted attempts that failed.
    pub attempts: u32,
    /// When the first one failed.
    pub first_failed_at: Timestamp,
    /// When the last one failed.
    pub last_failed_at: Timestamp,
    /// Whether it only waits for another dead letter about the same subject.
    pub waits: bool,
    /// If it was a replay, which.
    pub replay: Option<ReplayKey>,
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
    /// As [`Fallen::store`].
    pub store: String,
    /// As [`Fallen::subject`].
    pub subject: Option<String>,
    /// As [`Fallen::kind`].
    pub kind: String,
    /// Of its last failure.
    pub class: String,
    /// Of its last failure.
    pub chain: String,
    /// As [`Fallen::group`].
    pub group: String,
    /// Counted attempts that failed before it was last given up.
    pub attempts: u32,
    /// How often it became a dead letter.
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

/// A dead letter with all that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct WholeDeadLetter {
    /// What lists show.
    pub letter: DeadLetter,
    /// The publisher's message id.
    pub message_id: String,
    /// MIME type of the body.
    pub content_type: String,
    /// Headers and properties of its last failure.
    pub properties: Value,
    /// The body with which it first failed.
    pub body: Vec<u8>,
    /// The body with which it is replayed instead.
    pub edited_body: Option<Vec<u8>>,
}

/// Which dead letters are meant. What is empty or none narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadLettersWanted {
    /// Only these.
    pub ids: Vec<DeadLetterId>,
    /// Only of this group.
    pub group: Option<String>,
    /// Only of this role.
    pub role: Option<String>,
    /// Only of this shop or lane.
    pub store: Option<String>,
    /// Only of this class.
    pub class: Option<String>,
    /// Only about this order or SKU: the shop's id of it, or the warehouse's number.
    pub subject: Option<String>,
    /// Only those that failed last at this moment or later.
    pub since: Option<Timestamp>,
    /// Only those that failed last before this moment.
    pub until: Option<Timestamp>,
    /// Only those that stand so.
    pub states: Vec<DeadLetterState>,
    /// Only those after this one, in the order of the list.
    pub after: Option<DeadLetterId>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// Dead letters of one role and shop that failed for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetterGroup {
    /// Its short name.
    pub group: String,
    /// Who could not handle them.
    pub role: String,
    /// As [`Fallen::store`].
    pub store: String,
    /// Kind of failure.
    pub class: String,
    /// As [`Fallen::cause`].
    pub cause: String,
    /// How many there are.
    pub count: u64,
    /// When the first of them first failed.
    pub first_failed_at: Timestamp,
    /// When the last of them last failed.
    pub last_failed_at: Timestamp,
    /// The one that failed last.
    pub example: DeadLetterId,
    /// How many failed last in the hour before now.
    pub last_hour: u64,
    /// How many in the hour before that.
    pub hour_before: u64,
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

/// A message to be put on its role's work queue once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSend {
    /// Which sending.
    pub replay: ReplayKey,
    /// What it is.
    pub message: MessageKey,
    /// Its type, and first routing key.
    pub kind: String,
    /// MIME type of the body.
    pub content_type: String,
    /// What is replayed: as edited, or the original.
    pub body: Vec<u8>,
}

impl fmt::Display for DeadLetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for ActId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
