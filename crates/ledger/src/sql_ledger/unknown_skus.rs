//! SKUs for which the warehouse refused orders, until it knows them.

use crossdock_domain::{OrderId, Sku, StoreId};

use super::after_release::release_again;
use super::order_row::lock;
use crate::database::Transaction;
use crate::error::unreadable;
use crate::moment::Moment;
use crate::{Happening, LedgerError, NextStep, OrderRecord};

/// Puts down for which SKUs an order was refused, in place of what stands. If the warehouse has come to know all of them since, the
/// order is due to be released again.
pub(super) async fn note(
    tx: &mut Transaction,
    order: &OrderRecord,
    skus: &[Sku],
    refusal: &Happening,
) -> Result<(), LedgerError> {
    forget(tx, &order.store, &order.order_id).await?;
    let mut unknown = 0;
    for sku in skus {
        unknown += tx
            .query(
                "INSERT INTO unknown_skus (sku, store, order_id)
                 SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM known_skus WHERE sku = $1 AND since >= $4)
                 ON CONFLICT DO NOTHING",
            )
            .bind(sku.as_str())
            .bind(order.store.as_str())
            .bind(order.order_id.as_str())
            .bind(Moment::from(refusal.at))
            .execute()
            .await?;
    }
    if unknown == 0 && !skus.is_empty() {
        let what = "to be released again: the warehouse has come to know its SKUs".to_owned();
        let happening = Happening { what, ..refusal.clone() };
        begin_for_anybody(tx, &order.store, &order.order_id, &happening).await?;
    }
    Ok(())
}

/// Begins the release of a refused order; who comes first tells the warehouse, and it is due at once.
pub(super) async fn begin_for_anybody(
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

async fn forget(tx: &mut Transaction, store: &StoreId, order_id: &OrderId) -> Result<(), LedgerError> {
    tx.query("DELETE FROM unknown_skus WHERE store = $1 AND order_id = $2")
        .bind(store.as_str())
        .bind(order_id.as_str())
        .execute()
        .await?;
    Ok(())
}

/// Begins the release of every order that waited for this SKU alone. Returns these orders, and those whose release is in doubt.
pub(super) async fn known(
    tx: &mut Transaction,
    sku: &Sku,
    happening: &Happening,
) -> Result<Vec<(StoreId, OrderId)>, LedgerError> {
    tx.query(
        "INSERT INTO known_skus (sku, since) VALUES ($1, $2)
         ON CONFLICT (sku) DO UPDATE SET since = excluded.since WHERE known_skus.since < excluded.since",
    )
    .bind(sku.as_str())
    .bind(Moment::from(happening.at))
    .execute()
    .await?;
    let waited = tx
        .query("DELETE FROM unknown_skus WHERE sku = $1 RETURNING store, order_id")
        .bind(sku.as_str())
        .all::<(String, String)>()
        .await?;
    // Locked one by one in one order: two SKUs of one order that become known at once see each other.
    let mut waited = orders(waited)?;
    waited.sort();
    for (store, order_id) in waited {
        lock(tx, &store, &order_id).await?;
        let rest = tx
            .query("SELECT sku FROM unknown_skus WHERE store = $1 AND order_id = $2 LIMIT 1")
            .bind(store.as_str())
            .bind(order_id.as_str())
            .optional::<(String,)>()
            .await?;
        if rest.is_none() {
            begin_for_anybody(tx, &store, &order_id, happening).await?;
        }
    }
    let begun = tx
        .query(
            "SELECT orders.store, orders.order_id
             FROM orders JOIN order_lines AS line ON line.store = orders.store AND line.order_id = orders.order_id
             WHERE orders.untold = 'release' AND line.sku = $1
             ORDER BY orders.placed_at, orders.store, orders.order_id",
        )
        .bind(sku.as_str())
        .all::<(String, String)>()
        .await?;
    orders(begun)
}

fn orders(rows: Vec<(String, String)>) -> Result<Vec<(StoreId, OrderId)>, LedgerError> {
    let order = |(store, order_id)| {
        Ok((StoreId::try_from(store).map_err(unreadable("store id"))?, OrderId::new(order_id)))
    };
    rows.into_iter().map(order).collect()
}
