//! Putting consignments down, and noting that they stand at the shop.

use std::collections::HashMap;

use crossdock_domain::{OrderNumber, PackedLine, Shipment, ShipmentId, ShippedLine, Sku};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::order_lines::promise_anew;
use super::order_row::lock_released;
use super::relabel::told_again;
use super::shipment_row::find;
use super::tell::tell;
use super::void_shipment::take_untold;
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::error::unreadable;
use crate::moment::Moment;
use crate::open_lines::{open, summed};
use crate::{Happening, LedgerError, OrderRecord, OrderState, ShipmentRecord, ShipmentState};

pub(super) async fn intend(
    tx: &mut Transaction,
    shipment: &Shipment,
    happening: &Happening,
) -> Result<ShipmentRecord, LedgerError> {
    // The order is locked before its consignments are read: two of them see each other, whatever the order they come in.
    let order = lock_released(tx, &shipment.number).await?;
    if let Some(stands) = find(tx, &shipment.shipment_id).await? {
        require_number(&stands.record, &shipment.number)?;
        return told_again(tx, stands, shipment, happening).await;
    }
    let order = order.ok_or_else(|| LedgerError::NoSuchOrder(shipment.number.clone()))?;
    if let Some(voided_at) = take_untold(tx, &order, &shipment.shipment_id).await? {
        return put_down_voided(tx, order, shipment, voided_at, happening).await;
    }
    let intended = intention(tx, &order, shipment).await?;
    if intended.lines.is_empty() {
        return Ok(intended);
    }
    insert(tx, &intended, happening.at).await?;
    promise_anew(tx, &order).await?;
    tell(tx, &intended.store, &intended.order_id, happening).await?;
    Ok(intended)
}

/// A consignment's id belongs to one order.
pub(super) fn require_number(stands: &ShipmentRecord, number: &OrderNumber) -> Result<(), LedgerError> {
    if stands.shipment.number == *number {
        return Ok(());
    }
    let (shipment_id, number) = (stands.shipment.shipment_id.clone(), stands.shipment.number.clone());
    Err(LedgerError::ShipmentIdReused { shipment_id, number })
}

/// Nothing of it is gone, and nothing is to be written. What was told of it before it was voided comes late.
async fn put_down_voided(
    tx: &mut Transaction,
    order: OrderRecord,
    shipment: &Shipment,
    voided_at: Timestamp,
    happening: &Happening,
) -> Result<ShipmentRecord, LedgerError> {
    let voided = ShipmentRecord {
        status_before: None,
        lines: Vec::new(),
        completes: false,
        state: ShipmentState::Voided,
        ..new_record(&order, shipment)
    };
    insert(tx, &voided, happening.at.max(voided_at)).await?;
    let what = format!("{}; it was voided before that was told", happening.what);
    tell(tx, &voided.store, &voided.order_id, &Happening { what, ..happening.clone() }).await?;
    Ok(voided)
}

fn new_record(order: &OrderRecord, shipment: &Shipment) -> ShipmentRecord {
    ShipmentRecord {
        store: order.store.clone(),
        order_id: order.order_id.clone(),
        shipment: shipment.clone(),
        former: Vec::new(),
        lines: Vec::new(),
        completes: false,
        state: ShipmentState::Intended,
        shop_shipments: Vec::new(),
        status_before: Some(order.shop_status.clone()),
    }
}

async fn intention(
    tx: &mut Transaction,
    order: &OrderRecord,
    shipment: &Shipment,
) -> Result<ShipmentRecord, LedgerError> {
    let mut gone = units_gone(tx, order).await?;
    let released = released_lines(order);
    let lines = match &shipment.lines {
        Some(named) => summed(named.iter().map(PackedLine::units)),
        None => open(&released, &gone),
    };
    for line in &lines {
        let units = gone.entry(line.sku.clone()).or_default();
        *units = units.saturating_add(i64::from(line.quantity));
    }
    let completes = open(&released, &gone).is_empty();
    let status_before = status_before(tx, order).await?;
    Ok(ShipmentRecord { lines, completes, status_before, ..new_record(order, shipment) })
}

/// What was released, one line for each SKU.
pub(super) fn released_lines(order: &OrderRecord) -> Vec<ShippedLine> {
    let released = order.released.iter().flat_map(|order| &order.lines);
    summed(released.map(|line| (&line.sku, line.quantity)))
}

/// The first consignment of an order that is put down remembers the status; all others repeat it.
async fn status_before(tx: &mut Transaction, order: &OrderRecord) -> Result<Option<String>, LedgerError> {
    let first = tx
        .query(
            "SELECT status_before FROM shipments
             WHERE store = $1 AND order_id = $2 AND status_before IS NOT NULL LIMIT 1",
        )
        .bind(order.store.as_str())
        .bind(order.order_id.as_str())
        .optional::<(String,)>()
        .await?;
    Ok(Some(first.map_or_else(|| order.shop_status.clone(), |(status,)| status)))
}

/// Units in all consignments of the order so far, by SKU.
pub(super) async fn units_gone(
    tx: &mut Transaction,
    order: &OrderRecord,
) -> Result<HashMap<Sku, i64>, LedgerError> {
    units_in(tx, order, "TRUE").await
}

/// Units in the consignments of the order that meet a condition, by SKU.
async fn units_in(
    tx: &mut Transaction,
    order: &OrderRecord,
    condition: &'static str,
) -> Result<HashMap<Sku, i64>, LedgerError> {
    let rows = tx
        .query(AssertSqlSafe(format!(
            "SELECT line.sku, CAST(SUM(line.quantity) AS BIGINT)
             FROM shipments JOIN shipment_lines AS line ON line.shipment_id = shipments.shipment_id
             WHERE shipments.store = $1 AND shipments.order_id = $2 AND {condition}
             GROUP BY line.sku"
        )))
        .bind(order.store.as_str())
        .bind(order.order_id.as_str())
        .all::<(String, i64)>()
        .await?;
    Ok(rows.into_iter().map(|(sku, units)| (Sku::new(sku), units)).collect())
}

async fn insert(
    tx: &mut Transaction,
    record: &ShipmentRecord,
    told_at: Timestamp,
) -> Result<(), LedgerError> {
    let shipment = &record.shipment;
    let told = serde_json::to_string(shipment).map_err(unreadable("shipment"))?;
    tx.query(
        "INSERT INTO shipments (shipment_id, store, order_id, told, told_at, completes, state, dispatched_at, status_before)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(shipment.shipment_id.as_str())
    .bind(record.store.as_str())
    .bind(record.order_id.as_str())
    .bind(told)
    .bind(Moment::from(told_at))
    .bind(record.completes)
    .bind(record.state.as_str())
    .bind(Moment::from(shipment.dispatched_at))
    .bind(record.status_before.as_deref())
    .execute()
    .await?;
    insert_lines(tx, &shipment.shipment_id, &record.lines).await
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

pub(super) async fn done(
    tx: &mut Transaction,
    written: &Shipment,
    shop_shipments: &[String],
    happening: &Happening,
) -> Result<(), LedgerError> {
    let id = &written.shipment_id;
    let none = || LedgerError::NoSuchShipment(id.clone());
    let order = lock_released(tx, &written.number).await?.ok_or_else(none)?;
    let stands = find(tx, id).await?.ok_or_else(none)?.record;
    if stands.state == ShipmentState::Done {
        return Ok(());
    }
    // Told otherwise meanwhile: the shop's ids are worth knowing, but it is not done.
    let is_done = stands.state == ShipmentState::Intended && stands.shipment == *written;
    let state = if is_done { ShipmentState::Done } else { stands.state };
    tx.query("UPDATE shipments SET state = $3, shop_shipments = $2 WHERE shipment_id = $1")
        .bind(id.as_str())
        .bind(serde_json::to_string(shop_shipments).map_err(unreadable("shop's shipment ids"))?)
        .bind(state.as_str())
        .execute()
        .await?;
    tell(tx, &stands.store, &stands.order_id, happening).await?;
    ship_if_all_is_done(tx, &order).await
}

/// Consignments may reach the shop in another order than they left in: the order has shipped once all of its units stand there. One that
/// is cancelled stays so, whatever has left of it.
pub(super) async fn ship_if_all_is_done(
    tx: &mut Transaction,
    order: &OrderRecord,
) -> Result<(), LedgerError> {
    if order.state == OrderState::Cancelled {
        return Ok(());
    }
    let done = units_in(tx, order, "shipments.state = 'done'").await?;
    if open(&released_lines(order), &done).is_empty() {
        tx.query("UPDATE orders SET state = 'shipped', reason = '' WHERE store = $1 AND order_id = $2")
            .bind(order.store.as_str())
            .bind(order.order_id.as_str())
            .execute()
            .await?;
    }
    Ok(())
}
