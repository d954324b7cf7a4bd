//! The row of a consignment, and the record that it is.

use crossdock_domain::{OrderId, ShipmentId, ShippedLine, Sku, StoreId};
use jiff::Timestamp;

use crate::database::Transaction;
use crate::error::unreadable;
use crate::moment::Moment;
use crate::{LedgerError, ShipmentRecord, ShipmentState};

#[derive(sqlx::FromRow)]
struct ShipmentRow {
    store: String,
    order_id: String,
    told: String,
    told_at: Option<Moment>,
    former: String,
    completes: bool,
    state: String,
    dispatched_at: Moment,
    shop_shipments: Option<String>,
    status_before: Option<String>,
}

/// A consignment as it stands.
pub(super) struct Standing {
    pub(super) record: ShipmentRecord,
    /// When the warehouse told it so.
    pub(super) told_at: Timestamp,
}

const SELECT: &str = "SELECT store, order_id, told, told_at, former, completes, state, dispatched_at, shop_shipments, \
                      status_before FROM shipments";

impl ShipmentRow {
    async fn into_standing(self, tx: &mut Transaction) -> Result<Standing, LedgerError> {
        let shipment: crossdock_domain::Shipment =
            serde_json::from_str(&self.told).map_err(unreadable("shipment"))?;
        let shop_shipments = self.shop_shipments.as_deref().map(serde_json::from_str).transpose();
        let record = ShipmentRecord {
            store: StoreId::try_from(self.store).map_err(unreadable("store id"))?,
            order_id: OrderId::new(self.order_id),
            former: serde_json::from_str(&self.former).map_err(unreadable("former label"))?,
            lines: lines(tx, &shipment.shipment_id).await?,
            completes: self.completes,
            state: ShipmentState::named(&self.state)
                .ok_or(self.state)
                .map_err(unreadable("shipment's state"))?,
            shop_shipments: shop_shipments.map_err(unreadable("shop's shipment ids"))?.unwrap_or_default(),
            status_before: self.status_before,
            shipment,
        };
        Ok(Standing { record, told_at: self.told_at.unwrap_or(self.dispatched_at).try_into()? })
    }
}

/// The consignment of this id, as it stands.
pub(super) async fn find(tx: &mut Transaction, id: &ShipmentId) -> Result<Option<Standing>, LedgerError> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE shipment_id = $1"));
    let row = tx.query(sql).bind(id.as_str()).optional::<ShipmentRow>().await?;
    match row {
        Some(row) => row.into_standing(tx).await.map(Some),
        None => Ok(None),
    }
}

/// All consignments of an order, by the time at which they left.
pub(super) async fn of_order(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
) -> Result<Vec<ShipmentRecord>, LedgerError> {
    let condition = "WHERE store = $1 AND order_id = $2 ORDER BY dispatched_at, shipment_id";
    let rows = tx
        .query(sqlx::AssertSqlSafe(format!("{SELECT} {condition}")))
        .bind(store.as_str())
        .bind(order_id.as_str())
        .all::<ShipmentRow>()
        .await?;
    let mut records = Vec::with_capacity(rows.len());
    for row in rows {
        records.push(row.into_standing(tx).await?.record);
    }
    Ok(records)
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
