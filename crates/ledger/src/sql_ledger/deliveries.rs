//! What is posted to a warehouse that takes its orders over HTTP, and what it replied.

use crossdock_domain::OrderNumber;
use jiff::Timestamp;

use super::answer;
use super::order_row::lock_released;
use super::tell::tell;
use crate::database::Transaction;
use crate::error::unreadable;
use crate::moment::Moment;
use crate::{Answer, Delivered, Happening, LedgerError, OrderState};

pub(super) async fn begin(tx: &mut Transaction, at: Timestamp) -> Result<(), LedgerError> {
    tx.query("INSERT INTO posting (one, since) VALUES (1, $1) ON CONFLICT DO NOTHING")
        .bind(Moment::from(at))
        .execute()
        .await?;
    Ok(())
}

pub(super) async fn end(tx: &mut Transaction) -> Result<(), LedgerError> {
    tx.query("DELETE FROM posting").execute().await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    delivered_round: i64,
    release_round: i64,
    state: String,
    /// Whether something was posted, or the warehouse has shown that it knows the order.
    is_there: bool,
    /// Whether its newest release can only have come to us.
    ours: bool,
}

pub(super) async fn delivered(tx: &mut Transaction, number: &OrderNumber) -> Result<Delivered, LedgerError> {
    let row = tx
        .query(
            "SELECT delivered_round, release_round, state,
                    posted_round > 0 OR answered_at IS NOT NULL OR accepted_at IS NOT NULL OR EXISTS (
                        SELECT 1 FROM shipments
                        WHERE shipments.store = orders.store AND shipments.order_id = orders.order_id
                    ) AS is_there,
                    COALESCE(released_at > (SELECT since FROM posting), FALSE) AS ours
             FROM orders WHERE number = $1 AND released IS NOT NULL",
        )
        .bind(number.as_str())
        .optional::<DeliveryRow>()
        .await?;
    let row = row.ok_or_else(|| LedgerError::NoSuchOrder(number.clone()))?;
    let count = |number: i64| u32::try_from(number).map_err(unreadable("delivered round"));
    let (round, release) = (count(row.delivered_round)?, count(row.release_round)?);
    let state = OrderState::named(&row.state).ok_or(row.state).map_err(unreadable("order's state"))?;
    Ok(Delivered {
        round,
        release,
        state,
        awaits_release: row.ours && round < release && state == OrderState::Released,
        may_be_there: row.is_there || !row.ours,
    })
}

pub(super) async fn note_posting(
    tx: &mut Transaction,
    number: &OrderNumber,
    round: u32,
) -> Result<(), LedgerError> {
    tx.query("UPDATE orders SET posted_round = $2 WHERE number = $1 AND posted_round < $2")
        .bind(number.as_str())
        .bind(i64::from(round))
        .execute()
        .await?;
    Ok(())
}

pub(super) async fn replied(
    tx: &mut Transaction,
    number: &OrderNumber,
    round: u32,
    answer: Option<&Answer>,
    happening: &Happening,
) -> Result<(), LedgerError> {
    let order = lock_released(tx, number).await?.ok_or_else(|| LedgerError::NoSuchOrder(number.clone()))?;
    tell(tx, &order.store, &order.order_id, happening).await?;
    if let Some(answer) = answer {
        answer::implied(tx, &order, round, answer, happening).await?;
    }
    tx.query("UPDATE orders SET delivered_round = $2 WHERE number = $1 AND delivered_round < $2")
        .bind(number.as_str())
        .bind(i64::from(round))
        .execute()
        .await?;
    Ok(())
}
