//! Which consignment brings its order to its end at the shop: the last of those with which all that was wanted has left. What is wanted
//! may change when some have left.

use crossdock_domain::OrderNumber;

use super::order_row::lock_released;
use super::shipment_row::of_order;
use super::shipments::{released_lines, units_gone};
use crate::database::Transaction;
use crate::open_lines::open;
use crate::{LedgerError, OrderRecord, OrderState, ShipmentRecord, ShipmentState};

/// As long as some is open, no consignment that is on its way to the shop moves the order to its end there.
pub(super) async fn none_completes_what_is_open(
    tx: &mut Transaction,
    order: &OrderRecord,
) -> Result<(), LedgerError> {
    if all_has_left(tx, order).await? {
        return Ok(());
    }
    tx.query(
        "UPDATE shipments SET completes = FALSE
         WHERE store = $1 AND order_id = $2 AND state IN ('intended', 'done')",
    )
    .bind(order.store.as_str())
    .bind(order.order_id.as_str())
    .execute()
    .await?;
    Ok(())
}

/// Of an order that was amended. One that stands at the shop is to be written once more if no other one will be.
pub(super) async fn shipment_to_complete(
    tx: &mut Transaction,
    number: &OrderNumber,
) -> Result<Option<ShipmentRecord>, LedgerError> {
    let Some(order) = lock_released(tx, number).await? else { return Ok(None) };
    if order.state == OrderState::Cancelled || !all_has_left(tx, &order).await? {
        return Ok(None);
    }
    let mut left = of_order(tx, &order.store, &order.order_id).await?;
    left.retain(|one| one.state.counts());
    if let Some(completing) = left.iter().find(|one| one.completes) {
        return Ok(Some(completing.clone()).filter(|one| one.state == ShipmentState::Intended));
    }
    let last = left.iter().rfind(|one| one.state == ShipmentState::Intended).or(left.last());
    let Some(last) = last.cloned() else { return Ok(None) };
    tx.query("UPDATE shipments SET completes = TRUE, state = 'intended' WHERE shipment_id = $1")
        .bind(last.shipment.shipment_id.as_str())
        .execute()
        .await?;
    Ok(Some(ShipmentRecord { completes: true, state: ShipmentState::Intended, ..last }))
}

async fn all_has_left(tx: &mut Transaction, order: &OrderRecord) -> Result<bool, LedgerError> {
    Ok(open(&released_lines(order), &units_gone(tx, order).await?).is_empty())
}
