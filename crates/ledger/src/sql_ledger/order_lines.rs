//! What is promised of an order, by SKU.

use std::collections::BTreeMap;

use crossdock_domain::{OrderId, ShippedLine, Sku, StoreId};
use sqlx::AssertSqlSafe;

use super::shipments::{released_lines, units_gone};
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::{LedgerError, OrderRecord, OrderState};

/// By how many units less is promised than before, of each SKU of which that is another number.
#[derive(Debug)]
pub(super) struct Freed(BTreeMap<Sku, i64>);

impl Freed {
    /// The SKUs of which less is promised.
    pub(super) fn skus(&self) -> impl Iterator<Item = &Sku> {
        self.0.iter().filter(|(_, units)| **units > 0).map(|(sku, _)| sku)
    }

    /// All of which something else is promised.
    pub(super) fn into_changed(self) -> Vec<Sku> {
        self.0.into_keys().collect()
    }
}

/// Promises what an order wants of which nothing can have left, in place of what stands.
pub(super) async fn promise_new(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
    wanted: &[ShippedLine],
) -> Result<Freed, LedgerError> {
    let stood = tx
        .query("DELETE FROM order_lines WHERE store = $1 AND order_id = $2 RETURNING sku, quantity")
        .bind(store.as_str())
        .bind(order_id.as_str())
        .all::<(String, i64)>()
        .await?;
    for lines in wanted.chunks(STATEMENT_ROWS_MAX) {
        let rows = value_rows(1, lines.len(), 4);
        let sql = format!("INSERT INTO order_lines (store, order_id, sku, quantity) VALUES {rows}");
        let mut insert = tx.query(AssertSqlSafe(sql));
        for line in lines {
            insert = insert
                .bind(store.as_str())
                .bind(order_id.as_str())
                .bind(line.sku.as_str())
                .bind(i64::from(line.quantity));
        }
        insert.execute().await?;
    }
    Ok(freed(stood, wanted))
}

fn freed(stood: Vec<(String, i64)>, wanted: &[ShippedLine]) -> Freed {
    let mut units: BTreeMap<Sku, i64> =
        stood.into_iter().map(|(sku, units)| (Sku::new(sku), units)).collect();
    for line in wanted {
        *units.entry(line.sku.clone()).or_default() -= i64::from(line.quantity);
    }
    units.retain(|_, difference| *difference != 0);
    Freed(units)
}

/// Promises what a released order wants as it stands: nothing once it is cancelled.
pub(super) async fn promise_anew(tx: &mut Transaction, order: &OrderRecord) -> Result<(), LedgerError> {
    let wanted = if order.state == OrderState::Cancelled { Vec::new() } else { released_lines(order) };
    promise(tx, order, &wanted).await.map(drop)
}

/// Promises what a released order wants by now, or what has left where that is more: counts from before that still have it on the shelf.
pub(super) async fn promise(
    tx: &mut Transaction,
    order: &OrderRecord,
    wanted: &[ShippedLine],
) -> Result<Freed, LedgerError> {
    let mut units = units_gone(tx, order).await?;
    for line in wanted {
        let promised = units.entry(line.sku.clone()).or_default();
        *promised = (*promised).max(line.quantity.into());
    }
    let line = |(sku, units)| ShippedLine { sku, quantity: u32::try_from(units).unwrap_or(u32::MAX) };
    let lines: Vec<ShippedLine> = units.into_iter().map(line).collect();
    let freed = promise_new(tx, &order.store, &order.order_id, &lines).await?;
    note_what_is_gone(tx, &order.store, &order.order_id).await?;
    Ok(freed)
}

/// A released line whose last unit has left is promised no more to counts made after that: it leaves the index that they read.
async fn note_what_is_gone(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
) -> Result<(), LedgerError> {
    tx.query(
        "UPDATE order_lines SET gone_at = left_with.last_dispatched_at
         FROM (
             SELECT line.sku, SUM(line.quantity) AS units, MAX(shipments.dispatched_at) AS last_dispatched_at
             FROM shipments JOIN shipment_lines AS line ON line.shipment_id = shipments.shipment_id
             WHERE shipments.store = $1 AND shipments.order_id = $2
             GROUP BY line.sku
         ) AS left_with
         WHERE order_lines.store = $1 AND order_lines.order_id = $2 AND order_lines.sku = left_with.sku
           AND order_lines.quantity <= left_with.units",
    )
    .bind(store.as_str())
    .bind(order_id.as_str())
    .execute()
    .await?;
    Ok(())
}
