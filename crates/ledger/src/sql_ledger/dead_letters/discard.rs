//! Giving dead letters up, and taking that back.

use sqlx::AssertSqlSafe;

use super::filter::Filter;
use super::{acts, replay};
use crate::database::Transaction;
use crate::moment::Moment;
use crate::{ActId, ActKind, Acting, DeadLettersWanted, LedgerError};

pub(super) async fn discard(
    tx: &mut Transaction,
    wanted: &DeadLettersWanted,
    act: &Acting,
) -> Result<Option<ActId>, LedgerError> {
    let discarding = acts::insert(tx, ActKind::Discard, act, None).await?;
    let filter = Filter::of(wanted, 3);
    let by_id = if wanted.ids.is_empty() { "FALSE" } else { "TRUE" };
    let sql = format!(
        "INSERT INTO dead_letter_act_letters (act, letter, at)
         SELECT $1, id, $2 FROM dead_letters
         WHERE (state IN ('dead', 'waiting') OR (state = 'sent' AND {by_id})) AND {}",
        filter.unordered()
    );
    let insert = tx.query(AssertSqlSafe(sql)).bind(discarding.0).bind(Moment::from(act.at));
    let letters = filter.bind(insert).execute().await?;
    if letters == 0 {
        return Ok(None);
    }
    acts::count(tx, discarding, letters).await?;
    if !wanted.ids.is_empty() {
        replay::leave_to(tx, discarding, act.at).await?;
    }
    let discarded =
        "UPDATE dead_letters SET was = state, state = 'discarded', changed_at = $4, discarding = $1
        WHERE id IN ({these})";
    acts::in_parts(tx, discarding, discarded, |query| query.bind(Moment::from(act.at))).await?;
    lie(tx, discarding, false).await?;
    Ok(Some(discarding))
}

/// Whether messages about the same wait for those of an act.
async fn lie(tx: &mut Transaction, act: ActId, lies: bool) -> Result<(), LedgerError> {
    let fallen = "UPDATE fallen SET lies = $4
        WHERE (role, message_id) IN (SELECT role, message_id FROM dead_letters WHERE id IN ({these}))";
    acts::in_parts(tx, act, fallen, |query| query.bind(lies)).await?;
    Ok(())
}

pub(super) async fn undo(tx: &mut Transaction, discarding: ActId, act: &Acting) -> Result<u64, LedgerError> {
    let undoing = acts::insert(tx, ActKind::Undo, act, Some(discarding)).await?;
    let taken_back = "INSERT INTO dead_letter_act_letters (act, letter, at)
        SELECT $4, id, $5 FROM dead_letters WHERE state = 'discarded' AND discarding = $1 AND id IN ({these})";
    let letters =
        acts::in_parts(tx, discarding, taken_back, |query| query.bind(undoing.0).bind(Moment::from(act.at)))
            .await?;
    acts::count(tx, undoing, letters).await?;
    let restored = "UPDATE dead_letters SET state = was, changed_at = $4 WHERE id IN ({these})";
    acts::in_parts(tx, undoing, restored, |query| query.bind(Moment::from(act.at))).await?;
    // What was sent is part of its replay again.
    let sent = "UPDATE dead_letter_act_letters SET outcome = 'sent', at = $4
        WHERE outcome = 'left' AND (act, letter) IN (
            SELECT replay, id FROM dead_letters WHERE state = 'sent' AND id IN ({these}))";
    acts::in_parts(tx, undoing, sent, |query| query.bind(Moment::from(act.at))).await?;
    lie(tx, undoing, true).await?;
    Ok(letters)
}
