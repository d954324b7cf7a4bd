//! What could not be done, what people did about it, and how its replays went.

mod act;
mod fallen;
mod letter;
mod sending;
mod wanted;

use async_trait::async_trait;
use crossdock_domain::{OrderId, Sku, StoreId};
use jiff::Timestamp;

pub use act::{Act, ActId, ActKind, Acting, Progress};
pub use fallen::{Fallen, MessageKey, Missing};
pub use letter::{DeadLetter, DeadLetterId, DeadLetterState, WholeDeadLetter};
pub use sending::{Paused, ReplayKey, ToSend};
pub use wanted::{DeadLetterGroup, DeadLetterPlace, DeadLettersWanted};

use crate::LedgerError;

/// The desk's half of the ledger. Each method is one transaction, and may be repeated.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    // ---- what comes off the queue

    /// Takes what could not be done. The same message of the same role is the same dead letter: once it fails anew it has one more
    /// failure and is `dead` again, also after it was done or discarded; only one that is `queued` stays so, as it is about to be sent.
    /// A failure that was taken before changes nothing.
    ///
    /// The first that comes back of a sending is what became of it: any failure while it is `sent`, be it that of the replay or not, or
    /// that it was handled ([`DeadLetters::revive`]). What comes back of it after that, or of an earlier one, changes nothing.
    async fn bury(&self, fallen: &[Fallen], at: Timestamp) -> Result<(), LedgerError>;

    /// These replays were handled for good: what was sent is `done`, also if it was discarded meanwhile. One of a dead letter that is not
    /// known any more is passed over.
    async fn revive(&self, replays: &[ReplayKey], at: Timestamp) -> Result<(), LedgerError>;

    // ---- the order of what is about one subject

    /// A message is about to become a dead letter, where messages about one subject must keep their order. Said before it leaves its
    /// queue, and true until the dead letter that comes of this is done or discarded: what becomes of an earlier one changes nothing.
    async fn falls(&self, message: &MessageKey, subject: &str, at: Timestamp) -> Result<(), LedgerError>;

    /// Whether a message has to wait: the id of the first one about the same subject that fell before it and still lies. One that
    /// has fallen itself waits for those before it only.
    async fn falls_behind(&self, message: &MessageKey, subject: &str) -> Result<Option<String>, LedgerError>;

    /// A message was handled for good, also one that fell and never became a dead letter: nothing waits behind it any more, and what
    /// stands for it ([`DeadLetters::bury_missing`]) is done.
    async fn rises(&self, message: &MessageKey, at: Timestamp) -> Result<(), LedgerError>;

    /// A message is tried again that may have fallen before: it is not missing, and others still wait behind it.
    async fn is_tried_again(&self, message: &MessageKey, at: Timestamp) -> Result<(), LedgerError>;

    /// The messages about a subject that fell and still lie, in the order in which they fell.
    async fn falls_about(&self, role: &str, subject: &str) -> Result<Vec<String>, LedgerError>;

    /// Those that fell before this moment, or were tried again last, and never came to the desk, 1,000 at most: emptied from a queue by
    /// hand, or still on their way. Others wait for them.
    async fn missing(&self, before: Timestamp) -> Result<Vec<Missing>, LedgerError>;

    /// Makes dead letters of such messages, so that they are seen, and can be discarded; what came meanwhile is passed over. One of which
    /// nothing was ever known has no failures, and is not replayed. Once it comes, it is taken as if it were the first time.
    async fn bury_missing(&self, missing: &[Fallen], at: Timestamp) -> Result<(), LedgerError>;

    // ---- reading

    /// Dead letters, that which failed last first.
    async fn dead_letters(&self, wanted: &DeadLettersWanted) -> Result<Vec<DeadLetter>, LedgerError>;

    /// One of them, with all that was kept of it.
    async fn dead_letter(&self, id: DeadLetterId) -> Result<Option<WholeDeadLetter>, LedgerError>;

    /// How many there are. What `wanted` says of a limit is passed over.
    async fn count_dead_letters(&self, wanted: &DeadLettersWanted) -> Result<u64, LedgerError>;

    /// What failed for one reason, in one role and shop, together; the largest group first. A limit is one of groups.
    async fn dead_letter_groups(
        &self,
        wanted: &DeadLettersWanted,
        now: Timestamp,
    ) -> Result<Vec<DeadLetterGroup>, LedgerError>;

    // ---- acting

    /// Has the wanted ones replayed that are `dead`. They are `queued`, in the order in which they first failed, and a running desk sends
    /// them. One that was `sent` more than an hour ago and is wanted by its id is sent once more, and is left out of the replay that it
    /// was part of. `None`: none was there to be replayed.
    async fn begin_replay(
        &self,
        wanted: &DeadLettersWanted,
        act: &Acting,
    ) -> Result<Option<ActId>, LedgerError>;

    /// Ends a replay: what is still `queued` is `dead` again. What was sent is not called back. False if it had ended.
    async fn cancel_replay(&self, replay: ActId, act: &Acting) -> Result<bool, LedgerError>;

    /// Goes on with a cancelled replay: what it left is `queued` again, if it is still `dead` and no other replay took it up. False if it
    /// was not cancelled.
    async fn resume_replay(&self, replay: ActId, act: &Acting) -> Result<bool, LedgerError>;

    /// Replaces the body with which a dead letter is replayed; the original stays. None: the original again. False if it is neither
    /// `dead` nor `waiting`, or not known.
    async fn edit(&self, id: DeadLetterId, body: Option<&[u8]>, act: &Acting) -> Result<bool, LedgerError>;

    /// Gives up the wanted ones that are `dead` or `waiting`, and those `sent` that are wanted by their id. `None`: none was there.
    async fn discard(&self, wanted: &DeadLettersWanted, act: &Acting) -> Result<Option<ActId>, LedgerError>;

    /// Takes a discarding back: what is still discarded by it is as it was before. Returns how many.
    async fn undo_discard(&self, discarding: ActId, act: &Acting) -> Result<u64, LedgerError>;

    /// Puts down that the wanted ones are given out, in the states that it names. `None`: none was there.
    async fn export(&self, wanted: &DeadLettersWanted, act: &Acting) -> Result<Option<ActId>, LedgerError>;

    /// What was done at the desk, the latest first.
    async fn acts(&self, limit: u32) -> Result<Vec<Act>, LedgerError>;

    /// One of these.
    async fn act(&self, id: ActId) -> Result<Option<Act>, LedgerError>;

    /// What was done with one dead letter, oldest first.
    async fn acts_on(&self, id: DeadLetterId) -> Result<Vec<Act>, LedgerError>;

    // ---- sending, by one process at a time

    /// The next ones to be sent, which are `sent` from now on: of each role and shop as many as keep those that are under way within
    /// `most`, those that failed first before the others, and of one subject one at a time, in the order in which they fell or, where
    /// that is not kept, failed; 1,000 and 32 MiB at most, but always one. What is `waiting` goes by itself, without a replay, once nothing
    /// lies before it. What was sent more than an hour ago is under way for its subject alone: it may have been lost with its queue.
    async fn next_to_send(
        &self,
        most: u32,
        paused: &Paused,
        at: Timestamp,
    ) -> Result<Vec<ToSend>, LedgerError>;

    /// What a process was given and did not confirm ([`DeadLetters::sent`]), within the same limits. That is the same sending, so what
    /// comes back of it twice counts once.
    async fn unconfirmed(&self) -> Result<Vec<ToSend>, LedgerError>;

    /// `RabbitMQ` has these: they do not come again.
    async fn sent(&self, replays: &[ReplayKey]) -> Result<(), LedgerError>;

    /// Forgets what was done or discarded before this moment, 10,000 at most; the trail stays, and its numbers. Returns how many.
    async fn forget_dead_letters(&self, before: Timestamp) -> Result<u64, LedgerError>;

    // ---- what a preview needs

    /// Those of these SKUs of which the warehouse told a count, or that it knows them, after this moment.
    async fn known_since(&self, skus: &[Sku], since: Timestamp) -> Result<Vec<Sku>, LedgerError>;

    /// For which SKUs the warehouse refused these orders of a shop, as far as it has not said since that it knows them.
    async fn refused_for(&self, store: &StoreId, ids: &[OrderId])
    -> Result<Vec<(OrderId, Sku)>, LedgerError>;
}
