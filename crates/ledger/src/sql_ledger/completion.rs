//! Which consignment brings its order to its end at the shop: the last of those with which all that was wanted has left. What is wanted
//! may change when some have left.

use crossdock_domain::{OrderNumber, Shipment, ShipmentId};

use super::order_row::lock_released;
use super::shipment_row::of_order;
use super::shipments::{released_lines, units_gone};
use super::tell::tell;
use crate::database::Transaction;
use crate::open_lines::open;
use crate::{Happening, LedgerError, OrderRecord, OrderState, ShipmentRecord, ShipmentState};

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

/// Of an order of which other lines are wanted than before. One that is still to be written ends it when it is.
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
    let intended = left.iter().rfind(|one| one.state == ShipmentState::Intended);
    if let Some(intended) = intended {
        completes(tx, &intended.shipment.shipment_id).await?;
    }
    Ok(intended.or(left.last()).cloned())
}

/// The order has come to its end at the shop with this one. If some of it is open again since, the one that takes that ends it.
pub(super) async fn completed(
    tx: &mut Transaction,
    shipment: &Shipment,
    happening: &Happening,
) -> Result<(), LedgerError> {
    let Some(order) = lock_released(tx, &shipment.number).await? else { return Ok(()) };
    completes(tx, &shipment.shipment_id).await?;
    none_completes_what_is_open(tx, &order).await?;
    tell(tx, &order.store, &order.order_id, happening).await.map(drop)
}

async fn completes(tx: &mut Transaction, id: &ShipmentId) -> Result<(), LedgerError> {
    tx.query("UPDATE shipments SET completes = TRUE WHERE shipment_id = $1")
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(())
}

async fn all_has_left(tx: &mut Transaction, order: &OrderRecord) -> Result<bool, LedgerError> {
    Ok(open(&released_lines(order), &units_gone(tx, order).await?).is_empty())
}
