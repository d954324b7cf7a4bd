//! The desk's half of the ledger: each method is one transaction around the statements in the files of this folder.

mod acts;
mod bury;
mod discard;
mod edit;
mod export;
mod fallen;
mod filter;
mod forget;
mod groups;
mod known;
mod letters;
mod missing;
mod outcomes;
mod replay;
mod revive;
mod send;
mod turn;
mod under_way;

use async_trait::async_trait;
use crossdock_domain::{OrderId, Sku, StoreId};
use jiff::Timestamp;

use super::SqlLedger;
use crate::{
    Act, ActId, Acting, DeadLetter, DeadLetterGroup, DeadLetterId, DeadLetters, DeadLettersWanted, Fallen,
    LedgerError, MessageKey, Missing, Paused, ReplayKey, ToSend, WholeDeadLetter,
};

impl SqlLedger {
    /// Few have, and a look costs less than a change.
    async fn has_fallen(&self, message: &MessageKey) -> Result<bool, LedgerError> {
        let mut tx = self.database.read().await?;
        let is_known = fallen::is_known(&mut tx, message).await?;
        tx.commit().await?;
        Ok(is_known)
    }
}

#[async_trait]
impl DeadLetters for SqlLedger {
    async fn bury(&self, fallen: &[Fallen], at: Timestamp) -> Result<(), LedgerError> {
        let mut tx = turn::take(&self.database).await?;
        bury::bury(&mut tx, fallen, at).await?;
        tx.commit().await
    }

    async fn revive(&self, replays: &[ReplayKey], at: Timestamp) -> Result<(), LedgerError> {
        let mut tx = turn::take(&self.database).await?;
        revive::revive(&mut tx, replays, at).await?;
        tx.commit().await
    }

    async fn falls(&self, message: &MessageKey, subject: &str, at: Timestamp) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        fallen::falls(&mut tx, message, subject, at).await?;
        tx.commit().await
    }

    async fn falls_behind(&self, message: &MessageKey, subject: &str) -> Result<Option<String>, LedgerError> {
        let mut tx = self.database.read().await?;
        let first = fallen::behind(&mut tx, message, subject).await?;
        tx.commit().await?;
        Ok(first)
    }

    async fn rises(&self, message: &MessageKey, at: Timestamp) -> Result<(), LedgerError> {
        if !self.has_fallen(message).await? {
            return Ok(());
        }
        let mut tx = turn::take(&self.database).await?;
        fallen::rises(&mut tx, message).await?;
        missing::is_done(&mut tx, message, at).await?;
        tx.commit().await
    }

    async fn is_tried_again(&self, message: &MessageKey, at: Timestamp) -> Result<(), LedgerError> {
        if !self.has_fallen(message).await? {
            return Ok(());
        }
        let mut tx = self.database.write().await?;
        fallen::is_tried_again(&mut tx, message, at).await?;
        tx.commit().await
    }

    async fn falls_about(&self, role: &str, subject: &str) -> Result<Vec<String>, LedgerError> {
        let mut tx = self.database.read().await?;
        let lying = fallen::about(&mut tx, role, subject).await?;
        tx.commit().await?;
        Ok(lying)
    }

    async fn missing(&self, before: Timestamp) -> Result<Vec<Missing>, LedgerError> {
        let mut tx = self.database.read().await?;
        let missing = missing::before(&mut tx, before).await?;
        tx.commit().await?;
        Ok(missing)
    }

    async fn bury_missing(&self, missing: &[Fallen], at: Timestamp) -> Result<(), LedgerError> {
        let mut tx = turn::take(&self.database).await?;
        missing::bury(&mut tx, missing, at).await?;
        tx.commit().await
    }

    async fn dead_letters(&self, wanted: &DeadLettersWanted) -> Result<Vec<DeadLetter>, LedgerError> {
        let mut tx = self.database.read().await?;
        let letters = letters::wanted(&mut tx, wanted).await?;
        tx.commit().await?;
        Ok(letters)
    }

    async fn dead_letter(&self, id: DeadLetterId) -> Result<Option<WholeDeadLetter>, LedgerError> {
        let mut tx = self.database.read().await?;
        let letter = letters::whole(&mut tx, id).await?;
        tx.commit().await?;
        Ok(letter)
    }

    async fn count_dead_letters(&self, wanted: &DeadLettersWanted) -> Result<u64, LedgerError> {
        let mut tx = self.database.read().await?;
        let count = letters::count(&mut tx, wanted).await?;
        tx.commit().await?;
        Ok(count)
    }

    async fn dead_letter_groups(
        &self,
        wanted: &DeadLettersWanted,
        now: Timestamp,
    ) -> Result<Vec<DeadLetterGroup>, LedgerError> {
        let mut tx = self.database.read().await?;
        let groups = groups::wanted(&mut tx, wanted, now).await?;
        tx.commit().await?;
        Ok(groups)
    }

    async fn begin_replay(
        &self,
        wanted: &DeadLettersWanted,
        act: &Acting,
    ) -> Result<Option<ActId>, LedgerError> {
        let mut tx = turn::take(&self.database).await?;
        let replay = replay::begin(&mut tx, wanted, act).await?;
        if replay.is_some() {
            tx.commit().await?;
        }
        Ok(replay)
    }

    async fn cancel_replay(&self, replay: ActId, act: &Acting) -> Result<bool, LedgerError> {
        let mut tx = turn::take(&self.database).await?;
        let cancelled = replay::cancel(&mut tx, replay, act).await?;
        tx.commit().await?;
        Ok(cancelled)
    }

    async fn resume_replay(&self, replay: ActId, act: &Acting) -> Result<bool, LedgerError> {
        let mut tx = turn::take(&self.database).await?;
        let resumed = replay::resume(&mut tx, replay, act).await?;
        tx.commit().await?;
        Ok(resumed)
    }

    async fn edit(&self, id: DeadLetterId, body: Option<&[u8]>, act: &Acting) -> Result<bool, LedgerError> {
        let mut tx = turn::take(&self.database).await?;
        let edited = edit::edit(&mut tx, id, body, act).await?;
        tx.commit().await?;
        Ok(edited)
    }

    async fn discard(&self, wanted: &DeadLettersWanted, act: &Acting) -> Result<Option<ActId>, LedgerError> {
        let mut tx = turn::take(&self.database).await?;
        let discarding = discard::discard(&mut tx, wanted, act).await?;
        if discarding.is_some() {
            tx.commit().await?;
        }
        Ok(discarding)
    }

    async fn undo_discard(&self, discarding: ActId, act: &Acting) -> Result<u64, LedgerError> {
        let mut tx = turn::take(&self.database).await?;
        let restored = discard::undo(&mut tx, discarding, act).await?;
        if restored > 0 {
            tx.commit().await?;
        }
        Ok(restored)
    }

    async fn export(&self, wanted: &DeadLettersWanted, act: &Acting) -> Result<Option<ActId>, LedgerError> {
        let mut tx = turn::take(&self.database).await?;
        let exporting = export::export(&mut tx, wanted, act).await?;
        if exporting.is_some() {
            tx.commit().await?;
        }
        Ok(exporting)
    }

    async fn acts(&self, limit: u32) -> Result<Vec<Act>, LedgerError> {
        let mut tx = self.database.read().await?;
        let acts = acts::latest(&mut tx, limit).await?;
        tx.commit().await?;
        Ok(acts)
    }

    async fn act(&self, id: ActId) -> Result<Option<Act>, LedgerError> {
        let mut tx = self.database.read().await?;
        let act = acts::one(&mut tx, id).await?;
        tx.commit().await?;
        Ok(act)
    }

    async fn acts_on(&self, id: DeadLetterId) -> Result<Vec<Act>, LedgerError> {
        let mut tx = self.database.read().await?;
        let acts = acts::on(&mut tx, id).await?;
        tx.commit().await?;
        Ok(acts)
    }

    async fn next_to_send(
        &self,
        most: u32,
        paused: &Paused,
        at: Timestamp,
    ) -> Result<Vec<ToSend>, LedgerError> {
        let mut tx = turn::take(&self.database).await?;
        let next = send::next(&mut tx, most, paused, at).await?;
        tx.commit().await?;
        Ok(next)
    }

    async fn unconfirmed(&self) -> Result<Vec<ToSend>, LedgerError> {
        let mut tx = self.database.read().await?;
        let unconfirmed = send::unconfirmed(&mut tx).await?;
        tx.commit().await?;
        Ok(unconfirmed)
    }

    async fn sent(&self, replays: &[ReplayKey]) -> Result<(), LedgerError> {
        let mut tx = turn::take(&self.database).await?;
        send::confirmed(&mut tx, replays).await?;
        tx.commit().await
    }

    async fn forget_dead_letters(&self, before: Timestamp) -> Result<u64, LedgerError> {
        let mut tx = turn::take(&self.database).await?;
        let forgotten = forget::forget(&mut tx, before).await?;
        tx.commit().await?;
        Ok(forgotten)
    }

    async fn known_since(&self, skus: &[Sku], since: Timestamp) -> Result<Vec<Sku>, LedgerError> {
        let mut tx = self.database.read().await?;
        let known = known::since(&mut tx, skus, since).await?;
        tx.commit().await?;
        Ok(known)
    }

    async fn refused_for(
        &self,
        store: &StoreId,
        ids: &[OrderId],
    ) -> Result<Vec<(OrderId, Sku)>, LedgerError> {
        let mut tx = self.database.read().await?;
        let refused_for = known::refused_for(&mut tx, store, ids).await?;
        tx.commit().await?;
        Ok(refused_for)
    }
}
