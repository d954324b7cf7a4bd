//! The row of a consignment, and the record that it is.

use crossdock_domain::{OrderId, ShipmentId, ShippedLine, Sku, StoreId};

use crate::database::Transaction;
use crate::error::unreadable;
use crate::{IntendedShipment, LedgerError, ShipmentState};

#[derive(sqlx::FromRow)]
struct ShipmentRow {
    store: String,
    order_id: String,
    told: String,
    completes: bool,
    state: String,
}

/// The consignment of this id, as it stands.
pub(super) async fn find(
    tx: &mut Transaction,
    id: &ShipmentId,
) -> Result<Option<IntendedShipment>, LedgerError> {
    let row = tx
        .query("SELECT store, order_id, told, completes, state FROM shipments WHERE shipment_id = $1")
        .bind(id.as_str())
        .optional::<ShipmentRow>()
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(IntendedShipment {
        store: StoreId::try_from(row.store).map_err(unreadable("store id"))?,
        order_id: OrderId::new(row.order_id),
        shipment: serde_json::from_str(&row.told).map_err(unreadable("shipment"))?,
        lines: lines(tx, id).await?,
        completes: row.completes,
        state: state_named(&row.state).ok_or(row.state).map_err(unreadable("shipment's state"))?,
    }))
}

async fn lines(tx: &mut Transaction, id: &ShipmentId) -> Result<Vec<ShippedLine>, LedgerError> {
    let rows = tx
        .query("SELECT sku, quantity FROM shipment_lines WHERE shipment_id = $1 ORDER BY position")
        .bind(id.as_str())
        .all::<(String, i64)>()
        .await?;
    let line = |(sku, quantity): (String, i64)| {
        let quantity = u32::try_from(quantity).map_err(unreadable("shipped quantity"))?;
        Ok(ShippedLine { sku: Sku::new(sku), quantity })
    };
    rows.into_iter().map(line).collect()
}

/// The name in the database.
pub(super) fn state_name(state: ShipmentState) -> &'static str {
    match state {
        ShipmentState::Intended => "intended",
        ShipmentState::Done => "done",
    }
}

fn state_named(name: &str) -> Option<ShipmentState> {
    [ShipmentState::Intended, ShipmentState::Done].into_iter().find(|state| state_name(*state) == name)
}
