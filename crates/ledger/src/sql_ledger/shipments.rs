//! Putting consignments down, and noting that they stand at the shop.

use std::collections::HashMap;

use crossdock_domain::{OrderId, Shipment, ShipmentId, ShippedLine, Sku, StoreId};
use sqlx::AssertSqlSafe;

use super::order_row::lock_released;
use super::shipment_row::{find, state_name};
use super::tell::tell;
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::error::unreadable;
use crate::moment::Moment;
use crate::open_lines::{open, summed};
use crate::{Happening, IntendedShipment, LedgerError, OrderRecord, ShipmentState};

pub(super) async fn intend(
    tx: &mut Transaction,
    shipment: &Shipment,
    happening: &Happening,
) -> Result<IntendedShipment, LedgerError> {
    // The order is locked before its consignments are read: two of them see each other, whatever the order they come in.
    let order = lock_released(tx, &shipment.number).await?;
    if let Some(stands) = find(tx, &shipment.shipment_id).await? {
        if stands.shipment.number == shipment.number {
            return Ok(stands);
        }
        let (shipment_id, number) = (shipment.shipment_id.clone(), stands.shipment.number);
        return Err(LedgerError::ShipmentIdReused { shipment_id, number });
    }
    let order = order.ok_or_else(|| LedgerError::NoSuchOrder(shipment.number.clone()))?;
    let intended = intention(tx, order, shipment).await?;
    insert(tx, &intended).await?;
    note_what_is_gone(tx, &intended.store, &intended.order_id).await?;
    tell(tx, &intended.store, &intended.order_id, happening).await?;
    Ok(intended)
}

async fn intention(
    tx: &mut Transaction,
    order: OrderRecord,
    shipment: &Shipment,
) -> Result<IntendedShipment, LedgerError> {
    let mut gone = units_gone(tx, &order).await?;
    let released = order.released.iter().flat_map(|order| &order.lines);
    let released = summed(released.map(|line| (&line.sku, line.quantity)));
    let lines = match &shipment.lines {
        Some(named) => summed(named.iter().map(|line| (&line.sku, line.quantity))),
        None => open(&released, &gone),
    };
    for line in &lines {
        let units = gone.entry(line.sku.clone()).or_default();
        *units = units.saturating_add(i64::from(line.quantity));
    }
    Ok(IntendedShipment {
        store: order.store,
        order_id: order.order_id,
        shipment: shipment.clone(),
        lines,
        completes: open(&released, &gone).is_empty(),
        state: ShipmentState::Intended,
    })
}

/// Units in all consignments of the order so far, by SKU.
async fn units_gone(tx: &mut Transaction, order: &OrderRecord) -> Result<HashMap<Sku, i64>, LedgerError> {
    let rows = tx
        .query(
            "SELECT line.sku, CAST(SUM(line.quantity) AS BIGINT)
             FROM shipments JOIN shipment_lines AS line ON line.shipment_id = shipments.shipment_id
             WHERE shipments.store = $1 AND shipments.order_id = $2
             GROUP BY line.sku",
        )
        .bind(order.store.as_str())
        .bind(order.order_id.as_str())
        .all::<(String, i64)>()
        .await?;
    Ok(rows.into_iter().map(|(sku, units)| (Sku::new(sku), units)).collect())
}

async fn insert(tx: &mut Transaction, intended: &IntendedShipment) -> Result<(), LedgerError> {
    let shipment = &intended.shipment;
    let told = serde_json::to_string(shipment).map_err(unreadable("shipment"))?;
    tx.query(
        "INSERT INTO shipments (shipment_id, store, order_id, told, completes, state, dispatched_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(shipment.shipment_id.as_str())
    .bind(intended.store.as_str())
    .bind(intended.order_id.as_str())
    .bind(told)
    .bind(intended.completes)
    .bind(state_name(intended.state))
    .bind(Moment::from(shipment.dispatched_at))
    .execute()
    .await?;
    insert_lines(tx, &shipment.shipment_id, &intended.lines).await
}

async fn insert_lines(
    tx: &mut Transaction,
    id: &ShipmentId,
    lines: &[ShippedLine],
) -> Result<(), LedgerError> {
    let positioned: Vec<(i64, &ShippedLine)> = (0..).zip(lines).collect();
    for lines in positioned.chunks(STATEMENT_ROWS_MAX) {
        let rows = value_rows(1, lines.len(), 4);
        let sql = format!("INSERT INTO shipment_lines (shipment_id, sku, position, quantity) VALUES {rows}");
        let mut insert = tx.query(AssertSqlSafe(sql));
        for (position, line) in lines {
            insert = insert
                .bind(id.as_str())
                .bind(line.sku.as_str())
                .bind(*position)
                .bind(i64::from(line.quantity));
        }
        insert.execute().await?;
    }
    Ok(())
}

/// A released line whose last unit has left is promised no more to counts made after that: it leaves the index that they read.
pub(super) async fn note_what_is_gone(
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

pub(super) async fn done(
    tx: &mut Transaction,
    id: &ShipmentId,
    shop_shipments: &[String],
    happening: &Happening,
) -> Result<(), LedgerError> {
    let stands = find(tx, id).await?.ok_or_else(|| LedgerError::NoSuchShipment(id.clone()))?;
    lock_released(tx, &stands.shipment.number).await?;
    let noted = tx
        .query("UPDATE shipments SET state = 'done', shop_shipments = $2 WHERE shipment_id = $1 AND state <> 'done'")
        .bind(id.as_str())
        .bind(serde_json::to_string(shop_shipments).map_err(unreadable("shop's shipment ids"))?)
        .execute()
        .await?;
    if noted == 0 {
        return Ok(());
    }
    tell(tx, &stands.store, &stands.order_id, happening).await?;
    ship_if_all_is_done(tx, &stands.store, &stands.order_id).await
}

/// Consignments may reach the shop in another order than they left in: the order has shipped once all of its units stand there.
pub(super) async fn ship_if_all_is_done(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
) -> Result<(), LedgerError> {
    // A cancellation that is still to be told keeps its reason: repeated, it says the same.
    tx.query(
        "UPDATE orders SET state = 'shipped', reason = CASE untold WHEN 'cancel' THEN reason ELSE '' END
         WHERE store = $1 AND order_id = $2 AND NOT EXISTS (
             SELECT 1 FROM order_lines AS line
             WHERE line.store = $1 AND line.order_id = $2 AND line.quantity > COALESCE((
                 SELECT SUM(done.quantity)
                 FROM shipments JOIN shipment_lines AS done ON done.shipment_id = shipments.shipment_id
                 WHERE shipments.store = $1 AND shipments.order_id = $2 AND shipments.state = 'done'
                   AND done.sku = line.sku
             ), 0)
         )",
    )
    .bind(store.as_str())
    .bind(order_id.as_str())
    .execute()
    .await?;
    Ok(())
}
