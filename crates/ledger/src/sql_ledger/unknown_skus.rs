//! SKUs for which the warehouse refused orders, and whether it has come to know them.

use crossdock_domain::{OrderId, Sku, StoreId};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::LedgerError;
use crate::database::Transaction;
use crate::error::unreadable;
use crate::moment::Moment;

/// Of `lacked` in `unknown_skus`: the warehouse has come to know it since.
pub(super) const IS_KNOWN: &str = "EXISTS (SELECT 1 FROM known_skus AS known WHERE known.sku = lacked.sku AND known.since >= lacked.refused_at)";

/// Of an order in `orders`: it stands refused for SKUs, and the warehouse has come to know every one of them since.
fn is_outdated_sql() -> String {
    let lacked = "SELECT 1 FROM unknown_skus AS lacked
                  WHERE lacked.store = orders.store AND lacked.order_id = orders.order_id";
    format!("orders.state = 'rejected' AND EXISTS ({lacked}) AND NOT EXISTS ({lacked} AND NOT {IS_KNOWN})")
}

/// Puts down for which SKUs an order was refused at this moment, in place of what stands.
pub(super) async fn note(
    tx: &mut Transaction,
    (store, order_id): (&StoreId, &OrderId),
    skus: &[Sku],
    refused_at: Timestamp,
) -> Result<(), LedgerError> {
    forget(tx, store, order_id).await?;
    for sku in skus {
        tx.query(
            "INSERT INTO unknown_skus (sku, store, order_id, refused_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
        )
        .bind(sku.as_str())
        .bind(store.as_str())
        .bind(order_id.as_str())
        .bind(Moment::from(refused_at))
        .execute()
        .await?;
    }
    Ok(())
}

/// The order stands refused no more.
pub(super) async fn forget(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
) -> Result<(), LedgerError> {
    tx.query("DELETE FROM unknown_skus WHERE store = $1 AND order_id = $2")
        .bind(store.as_str())
        .bind(order_id.as_str())
        .execute()
        .await?;
    Ok(())
}

pub(super) async fn known(tx: &mut Transaction, sku: &Sku, since: Timestamp) -> Result<(), LedgerError> {
    tx.query(
        "INSERT INTO known_skus (sku, since) VALUES ($1, $2)
         ON CONFLICT (sku) DO UPDATE SET since = excluded.since WHERE known_skus.since < excluded.since",
    )
    .bind(sku.as_str())
    .bind(Moment::from(since))
    .execute()
    .await?;
    Ok(())
}

/// Orders whose refusal for this SKU is out of date, the oldest first.
pub(super) async fn outdated(
    tx: &mut Transaction,
    sku: &Sku,
) -> Result<Vec<(StoreId, OrderId)>, LedgerError> {
    let sql = format!(
        "SELECT orders.store, orders.order_id
         FROM unknown_skus JOIN orders ON orders.store = unknown_skus.store AND orders.order_id = unknown_skus.order_id
         WHERE unknown_skus.sku = $1 AND {}
         ORDER BY orders.placed_at, orders.store, orders.order_id",
        is_outdated_sql()
    );
    let rows = tx.query(AssertSqlSafe(sql)).bind(sku.as_str()).all::<(String, String)>().await?;
    let order = |(store, order_id)| {
        Ok((StoreId::try_from(store).map_err(unreadable("store id"))?, OrderId::new(order_id)))
    };
    rows.into_iter().map(order).collect()
}

/// Whether the refusal of this order is out of date.
pub(super) async fn is_outdated(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
) -> Result<bool, LedgerError> {
    let outdated = is_outdated_sql();
    let sql = format!("SELECT order_id FROM orders WHERE store = $1 AND order_id = $2 AND {outdated}");
    let row = tx.query(AssertSqlSafe(sql)).bind(store.as_str()).bind(order_id.as_str());
    Ok(row.optional::<(String,)>().await?.is_some())
}
