//! Replays: begun, cancelled and resumed.

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::filter::Filter;
use super::{acts, under_way};
use crate::database::Transaction;
use crate::moment::Moment;
use crate::{ActId, ActKind, Acting, DeadLettersWanted, LedgerError};

pub(super) async fn begin(
    tx: &mut Transaction,
    wanted: &DeadLettersWanted,
    act: &Acting,
) -> Result<Option<ActId>, LedgerError> {
    let replay = acts::insert(tx, ActKind::Replay, act, None).await?;
    let filter = Filter::of(wanted, 4);
    let by_id = if wanted.ids.is_empty() { "FALSE" } else { "TRUE" };
    let sql = format!(
        "INSERT INTO dead_letter_act_letters (act, letter, outcome, at)
         SELECT $1, id, 'queued', $2 FROM dead_letters
         WHERE ((state = 'dead' AND failures > 0) OR (state = 'sent' AND changed_at < $3 AND {by_id})) AND {}",
        filter.unordered()
    );
    let insert =
        tx.query(AssertSqlSafe(sql)).bind(replay.0).bind(Moment::from(act.at)).bind(under_way::since(act.at));
    let letters = filter.bind(insert).execute().await?;
    if letters == 0 {
        return Ok(None);
    }
    acts::count(tx, replay, letters).await?;
    if !wanted.ids.is_empty() {
        leave_to(tx, replay, act.at).await?;
    }
    queue(tx, replay, replay, act.at).await?;
    Ok(Some(replay))
}

/// What an earlier replay has sent, and this act takes out of its hands, is not that one's any more.
pub(super) async fn leave_to(tx: &mut Transaction, act: ActId, at: Timestamp) -> Result<(), LedgerError> {
    let left = "UPDATE dead_letter_act_letters SET outcome = 'left', at = $4
        WHERE outcome = 'sent' AND act <> $1
          AND letter IN (SELECT id FROM dead_letters WHERE state = 'sent' AND id IN ({these}))";
    acts::in_parts(tx, act, left, |query| query.bind(Moment::from(at))).await?;
    Ok(())
}

/// Those of this act are part of the replay from now on.
async fn queue(tx: &mut Transaction, act: ActId, replay: ActId, at: Timestamp) -> Result<(), LedgerError> {
    let queued =
        "UPDATE dead_letters SET state = 'queued', changed_at = $4, replay = $5 WHERE id IN ({these})";
    acts::in_parts(tx, act, queued, |query| query.bind(Moment::from(at)).bind(replay.0)).await?;
    Ok(())
}

pub(super) async fn cancel(tx: &mut Transaction, replay: ActId, act: &Acting) -> Result<bool, LedgerError> {
    let runs = tx
        .query(
            "SELECT id FROM dead_letter_acts
             WHERE id = $1 AND kind = 'replay' AND NOT cancelled
               AND EXISTS (SELECT 1 FROM dead_letter_act_letters WHERE act = $1 AND outcome IN ('queued', 'sent'))",
        )
        .bind(replay.0)
        .optional::<(i64,)>()
        .await?;
    if runs.is_none() {
        return Ok(false);
    }
    let cancelling = acts::insert(tx, ActKind::Cancel, act, Some(replay)).await?;
    act_on_queued(tx, replay, cancelling, act.at).await?;
    let dead = "UPDATE dead_letters SET state = 'dead', changed_at = $4 WHERE id IN ({these})";
    acts::in_parts(tx, cancelling, dead, |query| query.bind(Moment::from(act.at))).await?;
    let left = "UPDATE dead_letter_act_letters SET outcome = 'left', at = $4
        WHERE act = $1 AND outcome = 'queued' AND letter > $2 AND letter <= $3";
    acts::in_parts(tx, replay, left, |query| query.bind(Moment::from(act.at))).await?;
    acts::set_cancelled(tx, replay, true).await?;
    Ok(true)
}

pub(super) async fn resume(tx: &mut Transaction, replay: ActId, act: &Acting) -> Result<bool, LedgerError> {
    let cancelled = tx
        .query("SELECT id FROM dead_letter_acts WHERE id = $1 AND kind = 'replay' AND cancelled")
        .bind(replay.0)
        .optional::<(i64,)>()
        .await?;
    if cancelled.is_none() {
        return Ok(false);
    }
    let resuming = acts::insert(tx, ActKind::Resume, act, Some(replay)).await?;
    // None of a cancelled one's is queued.
    let queued = "UPDATE dead_letter_act_letters SET outcome = 'queued', at = $4
        WHERE act = $1 AND outcome = 'left' AND letter > $2 AND letter <= $3
          AND EXISTS (SELECT 1 FROM dead_letters WHERE id = letter AND state = 'dead' AND replay = $1)";
    acts::in_parts(tx, replay, queued, |query| query.bind(Moment::from(act.at))).await?;
    act_on_queued(tx, replay, resuming, act.at).await?;
    queue(tx, resuming, replay, act.at).await?;
    acts::set_cancelled(tx, replay, false).await?;
    Ok(true)
}

/// Puts down that this act is on what is queued of the replay.
async fn act_on_queued(
    tx: &mut Transaction,
    replay: ActId,
    act: ActId,
    at: Timestamp,
) -> Result<(), LedgerError> {
    let queued = "INSERT INTO dead_letter_act_letters (act, letter, at)
        SELECT $4, letter, $5 FROM dead_letter_act_letters
        WHERE act = $1 AND outcome = 'queued' AND letter > $2 AND letter <= $3";
    let letters =
        acts::in_parts(tx, replay, queued, |query| query.bind(act.0).bind(Moment::from(at))).await?;
    acts::count(tx, act, letters).await
}
