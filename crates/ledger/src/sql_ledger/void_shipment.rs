//! Taking consignments back: their units are open again at once, and stand at the shop until that is undone there. One that never came
//! there is as if it had not been put down.

use crossdock_domain::{OrderNumber, PackedLine, Shipment, ShipmentId};
use jiff::Timestamp;

use super::completion::none_completes_what_is_open;
use super::order_lines::promise_anew;
use super::order_row::lock_released;
use super::shipment_row::find;
use super::shipments::{released_lines, require_number, ship_if_all_is_done, units_gone};
use super::tell::tell;
use crate::database::Transaction;
use crate::error::unreadable;
use crate::moment::Moment;
use crate::open_lines::open;
use crate::{Happening, LedgerError, OrderRecord, ShipmentRecord, ShipmentState};

pub(super) async fn void(
    tx: &mut Transaction,
    number: &OrderNumber,
    id: &ShipmentId,
    happening: &Happening,
) -> Result<Option<ShipmentRecord>, LedgerError> {
    let order = lock_released(tx, number).await?;
    let Some(stands) = find(tx, id).await? else {
        let order = order.ok_or_else(|| LedgerError::NoSuchOrder(number.clone()))?;
        note_untold(tx, &order, id, happening.at).await?;
        tell(tx, &order.store, &order.order_id, happening).await?;
        return Ok(None);
    };
    require_number(&stands.record, number)?;
    let order = order.ok_or_else(|| LedgerError::NoSuchOrder(number.clone()))?;
    if !stands.record.state.counts() {
        return Ok(Some(stands.record));
    }
    let voiding = begin(tx, &order, stands.record, happening).await?;
    tell(tx, &order.store, &order.order_id, happening).await?;
    Ok(Some(voiding))
}

pub(super) async fn withdraw(
    tx: &mut Transaction,
    number: &OrderNumber,
    id: &ShipmentId,
) -> Result<(), LedgerError> {
    let (Some(order), Some(stands)) = (lock_released(tx, number).await?, find(tx, id).await?) else {
        return Ok(());
    };
    let ShipmentRecord { state, former, shop_shipments, .. } = &stands.record;
    if *state != ShipmentState::Intended || !former.is_empty() || !shop_shipments.is_empty() {
        return Ok(());
    }
    for sql in [
        "DELETE FROM shipment_lines WHERE shipment_id = $1",
        "DELETE FROM shipments WHERE shipment_id = $1 AND state = 'intended'",
    ] {
        tx.query(sql).bind(id.as_str()).execute().await?;
    }
    none_completes_what_is_open(tx, &order).await?;
    promise_anew(tx, &order).await
}

async fn begin(
    tx: &mut Transaction,
    order: &OrderRecord,
    stands: ShipmentRecord,
    happening: &Happening,
) -> Result<ShipmentRecord, LedgerError> {
    let released = released_lines(order);
    let completes = open(&released, &units_gone(tx, order).await?).is_empty();
    // Its lines are put down with what was told: they are not counted any more.
    let packed = || stands.lines.iter().cloned().map(PackedLine::from).collect();
    let lines = Some(stands.shipment.lines.clone().unwrap_or_else(packed));
    let shipment = Shipment { lines, ..stands.shipment.clone() };
    let voiding =
        ShipmentRecord { shipment, lines: Vec::new(), completes, state: ShipmentState::Voiding, ..stands };
    let id = voiding.shipment.shipment_id.as_str();
    tx.query("DELETE FROM shipment_lines WHERE shipment_id = $1").bind(id).execute().await?;
    // A label that was told before comes late from now on.
    tx.query(
        "UPDATE shipments SET state = $2, told = $3, completes = $4, told_at = $5 WHERE shipment_id = $1",
    )
    .bind(id)
    .bind(voiding.state.as_str())
    .bind(serde_json::to_string(&voiding.shipment).map_err(unreadable("shipment"))?)
    .bind(completes)
    .bind(Moment::from(happening.at))
    .execute()
    .await?;
    none_completes_what_is_open(tx, order).await?;
    open_again(tx, order, happening.at).await?;
    Ok(voiding)
}

/// What is not gone any more is promised again, and an order that had shipped is where it was before. It is to be looked at at once: what
/// the shop told of an order that had shipped, as that it was cancelled, had no effect.
async fn open_again(tx: &mut Transaction, order: &OrderRecord, now: Timestamp) -> Result<(), LedgerError> {
    promise_anew(tx, order).await?;
    let undone = tx
        .query(
            "UPDATE orders SET state = CASE WHEN accepted_at IS NOT NULL THEN 'accepted'
                                            WHEN untold = 'release' THEN 'releasing'
                                            ELSE 'released' END,
                               due_at = CASE WHEN untold IS NULL THEN $3 ELSE due_at END
             WHERE store = $1 AND order_id = $2 AND state = 'shipped'",
        )
        .bind(order.store.as_str())
        .bind(order.order_id.as_str())
        .bind(Moment::from(now))
        .execute()
        .await?;
    // More may have left than was wanted.
    if undone > 0 { ship_if_all_is_done(tx, order).await } else { Ok(()) }
}

pub(super) async fn voided(
    tx: &mut Transaction,
    id: &ShipmentId,
    happening: &Happening,
) -> Result<(), LedgerError> {
    let stands = find(tx, id).await?.ok_or_else(|| LedgerError::NoSuchShipment(id.clone()))?.record;
    let noted = tx
        .query("UPDATE shipments SET state = 'voided' WHERE shipment_id = $1 AND state = 'voiding'")
        .bind(id.as_str())
        .execute()
        .await?;
    if noted > 0 {
        tell(tx, &stands.store, &stands.order_id, happening).await?;
    }
    Ok(())
}

async fn note_untold(
    tx: &mut Transaction,
    order: &OrderRecord,
    id: &ShipmentId,
    voided_at: Timestamp,
) -> Result<(), LedgerError> {
    tx.query(
        "INSERT INTO voided_untold (shipment_id, store, order_id, voided_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (shipment_id, store, order_id) DO UPDATE SET voided_at = excluded.voided_at
         WHERE voided_untold.voided_at < excluded.voided_at",
    )
    .bind(id.as_str())
    .bind(order.store.as_str())
    .bind(order.order_id.as_str())
    .bind(Moment::from(voided_at))
    .execute()
    .await?;
    Ok(())
}

/// When a consignment that is told now was voided before. That is forgotten: its record says so from now on.
pub(super) async fn take_untold(
    tx: &mut Transaction,
    order: &OrderRecord,
    id: &ShipmentId,
) -> Result<Option<Timestamp>, LedgerError> {
    let taken = tx
        .query(
            "DELETE FROM voided_untold WHERE shipment_id = $1 AND store = $2 AND order_id = $3 RETURNING voided_at",
        )
        .bind(id.as_str())
        .bind(order.store.as_str())
        .bind(order.order_id.as_str())
        .optional::<(Moment,)>()
        .await?;
    taken.map(|(voided_at,)| voided_at.try_into()).transpose()
}
