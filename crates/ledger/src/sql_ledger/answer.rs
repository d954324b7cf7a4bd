//! What the warehouse's answer changes.

use crossdock_domain::{OrderId, OrderNumber, Sku, StoreId};
use sqlx::AssertSqlSafe;

use super::after_release::release_again;
use super::order_row::{lock, lock_released};
use super::storable::storable;
use super::tell::tell;
use super::unknown_skus;
use crate::database::Transaction;
use crate::moment::Moment;
use crate::{Answer, Happening, LedgerError, NextStep, OrderRecord};

pub(super) async fn answered(
    tx: &mut Transaction,
    number: &OrderNumber,
    answer: &Answer,
    happening: &Happening,
) -> Result<(), LedgerError> {
    let order = lock_released(tx, number).await?.ok_or_else(|| LedgerError::NoSuchOrder(number.clone()))?;
    if !tell(tx, &order.store, &order.order_id, happening).await? {
        // A copy of an answer that was told already.
        return Ok(());
    }
    let at = happening.at.into();
    match answer {
        Answer::Accepted => accept(tx, &order, at).await,
        Answer::Rejected { reason, unknown_skus } => {
            if reject(tx, &order, reason, at).await? {
                stand_refused(tx, &order, unknown_skus, happening).await?;
            }
            Ok(())
        }
    }
}

/// What the reply to a posted release implies. It is no answer by an event: it has no time of the warehouse's clock, and stands
/// against none.
pub(super) async fn implied(
    tx: &mut Transaction,
    order: &OrderRecord,
    round: u32,
    answer: &Answer,
    happening: &Happening,
) -> Result<(), LedgerError> {
    // One that has ended before was set aside there nonetheless, from this moment on.
    let sql = match answer {
        Answer::Accepted => {
            "UPDATE orders
             SET state = CASE WHEN state IN ('releasing', 'released') THEN 'accepted' ELSE state END,
                 accepted_at = COALESCE(accepted_at, $4)
             WHERE store = $1 AND order_id = $2 AND release_round = $3
                 AND state IN ('releasing', 'released', 'shipped', 'cancelled')"
        }
        Answer::Rejected { .. } => {
            "UPDATE orders SET state = 'rejected', reason = $4, accepted_at = NULL, wanted_again = FALSE
             WHERE store = $1 AND order_id = $2 AND release_round = $3 AND state IN ('releasing', 'released')"
        }
    };
    let update =
        tx.query(sql).bind(order.store.as_str()).bind(order.order_id.as_str()).bind(i64::from(round));
    match answer {
        Answer::Accepted => {
            update.bind(Moment::from(happening.at)).execute().await?;
        }
        Answer::Rejected { reason, unknown_skus } => {
            if update.bind(storable(reason).as_ref()).execute().await? > 0 {
                stand_refused(tx, order, unknown_skus, happening).await?;
            }
        }
    }
    Ok(())
}

/// Begins the release of an order that was just refused, if a change of it, made before, was not posted yet. Else what it was refused for
/// stands.
async fn stand_refused(
    tx: &mut Transaction,
    order: &OrderRecord,
    unknown_skus: &[Sku],
    refusal: &Happening,
) -> Result<(), LedgerError> {
    unknown_skus::note(tx, (&order.store, &order.order_id), unknown_skus, refusal.at).await?;
    // Off the queue, the warehouse takes the change itself.
    let waits = tx
        .query(
            "SELECT round FROM orders
             WHERE store = $1 AND order_id = $2 AND round > release_round
                 AND round > posted_round AND round > delivered_round
                 AND EXISTS (SELECT 1 FROM posting)",
        )
        .bind(order.store.as_str())
        .bind(order.order_id.as_str())
        .optional::<(i64,)>()
        .await?;
    if waits.is_some() {
        let what = "to be released again: the warehouse has not seen its last change".to_owned();
        let happening = Happening { what, ..refusal.clone() };
        begin_for_anybody(tx, &order.store, &order.order_id, &happening).await?;
    }
    Ok(())
}

/// Begins the release of a refused order; who comes first tells the warehouse, and it is due at once.
async fn begin_for_anybody(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
    happening: &Happening,
) -> Result<(), LedgerError> {
    let Some(stands) = lock(tx, store, order_id).await? else { return Ok(()) };
    if let NextStep::Tell(_) = release_again(tx, stands, happening).await? {
        tx.query("UPDATE orders SET releasing_until = NULL, due_at = $3 WHERE store = $1 AND order_id = $2")
            .bind(store.as_str())
            .bind(order_id.as_str())
            .bind(Moment::from(happening.at))
            .execute()
            .await?;
    }
    Ok(())
}

/// `accepted_at` is when the acceptance that stands began: another one after it sets no other units aside.
///
/// An order that has shipped before its acceptance was told keeps its state, but from when on the warehouse had set its units aside
/// is worth knowing: the next count says so too.
async fn accept(tx: &mut Transaction, order: &OrderRecord, at: Moment) -> Result<(), LedgerError> {
    tx.query(
        "UPDATE orders
         SET state = CASE WHEN state IN ('shipped', 'cancelled') THEN state ELSE 'accepted' END,
             reason = CASE state WHEN 'cancelled' THEN reason ELSE '' END,
             accepted_at = COALESCE(accepted_at, $3), answered_at = $3
         WHERE store = $1 AND order_id = $2 AND (answered_at IS NULL OR answered_at <= $3)",
    )
    .bind(order.store.as_str())
    .bind(order.order_id.as_str())
    .bind(at)
    .execute()
    .await?;
    Ok(())
}

/// That the newest release of an order, which is not its first, is still to be posted: the warehouse can have seen none but those before it.
const IS_TO_BE_POSTED: &str = "release_round > 1 AND release_round > posted_round AND release_round > delivered_round
     AND EXISTS (SELECT 1 FROM posting WHERE orders.untold = 'release' OR orders.released_at > posting.since)";

/// Returns whether it counts: an older refusal, one of an order that has ended, or one of an earlier release changes nothing.
async fn reject(
    tx: &mut Transaction,
    order: &OrderRecord,
    reason: &str,
    at: Moment,
) -> Result<bool, LedgerError> {
    let heard = tx
        .query(
            "UPDATE orders SET answered_at = $3
             WHERE store = $1 AND order_id = $2 AND state NOT IN ('shipped', 'cancelled')
                 AND (answered_at IS NULL OR answered_at <= $3)",
        )
        .bind(order.store.as_str())
        .bind(order.order_id.as_str())
        .bind(at)
        .execute()
        .await?;
    if heard == 0 {
        return Ok(false);
    }
    let sql = format!(
        "UPDATE orders SET state = 'rejected', reason = $3, accepted_at = NULL, wanted_again = FALSE
         WHERE store = $1 AND order_id = $2 AND NOT ({IS_TO_BE_POSTED})"
    );
    let changed = tx
        .query(AssertSqlSafe(sql))
        .bind(order.store.as_str())
        .bind(order.order_id.as_str())
        .bind(storable(reason).as_ref())
        .execute()
        .await?;
    Ok(changed > 0)
}
