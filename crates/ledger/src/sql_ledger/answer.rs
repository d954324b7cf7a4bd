//! What the warehouse's answer changes.

use crossdock_domain::OrderNumber;

use super::order_row::lock_released;
use super::tell::tell;
use crate::database::Transaction;
use crate::moment::Moment;
use crate::{Answer, Happening, LedgerError, OrderRecord};

pub(super) async fn answered(
    tx: &mut Transaction,
    number: &OrderNumber,
    answer: &Answer,
    happening: &Happening,
) -> Result<(), LedgerError> {
    let order = lock_released(tx, number).await?.ok_or_else(|| LedgerError::NoSuchOrder(number.clone()))?;
    if !tell(tx, &order.store, &order.order_id, happening).await? {
        // A copy of an answer that was taken already; another may have come after it.
        return Ok(());
    }
    match answer {
        Answer::Accepted => accept(tx, &order, happening.at.into()).await,
        Answer::Rejected { reason } => reject(tx, &order, reason).await,
    }
}

/// An order that has shipped before its acceptance was told keeps its state, but from when on the warehouse had set its units aside
/// is worth knowing: the next count says so too.
async fn accept(tx: &mut Transaction, order: &OrderRecord, at: Moment) -> Result<(), LedgerError> {
    tx.query(
        "UPDATE orders
         SET state = CASE state WHEN 'shipped' THEN state ELSE 'accepted' END, reason = '', accepted_at = $3
         WHERE store = $1 AND order_id = $2
           AND (state IN ('releasing', 'released', 'rejected') OR state = 'shipped' AND accepted_at IS NULL)",
    )
    .bind(order.store.as_str())
    .bind(order.order_id.as_str())
    .bind(at)
    .execute()
    .await?;
    Ok(())
}

async fn reject(tx: &mut Transaction, order: &OrderRecord, reason: &str) -> Result<(), LedgerError> {
    tx.query(
        "UPDATE orders SET state = 'rejected', reason = $3, accepted_at = NULL
         WHERE store = $1 AND order_id = $2 AND state <> 'shipped'",
    )
    .bind(order.store.as_str())
    .bind(order.order_id.as_str())
    .bind(reason)
    .execute()
    .await?;
    Ok(())
}
