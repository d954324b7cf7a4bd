//! The ledger over a database: each method is one transaction around the statements in the files beside this one.

mod answer;
mod counts;
mod find_orders;
mod judge;
mod lease;
mod listings;
mod order_row;
mod promises;
mod pushed;
mod release;
mod shipment_row;
mod shipments;
mod tell;

use async_trait::async_trait;
use crossdock_domain::{Listing, OrderId, OrderNumber, Shipment, ShipmentId, Sku, StockLevel, StoreId};
use jiff::Timestamp;

use crate::database::Database;
use crate::{
    Answer, Happening, IntendedShipment, Judged, Lease, LeaseAnswer, Ledger, LedgerError, NextStep,
    OrderRecord, OrdersWanted, StockLine, TimelineEntry,
};

/// The ledger that [`crate::open`] gives.
pub(crate) struct SqlLedger {
    database: Database,
}

impl SqlLedger {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    async fn judge_once(&self, judged: &Judged) -> Result<NextStep, LedgerError> {
        let mut tx = self.database.write().await?;
        let next_step = judge::judge(&mut tx, judged).await?;
        tx.commit().await?;
        Ok(next_step)
    }

    async fn intend_shipment_once(
        &self,
        shipment: &Shipment,
        happening: &Happening,
    ) -> Result<IntendedShipment, LedgerError> {
        let mut tx = self.database.write().await?;
        let intended = shipments::intend(&mut tx, shipment, happening).await?;
        tx.commit().await?;
        Ok(intended)
    }
}

#[async_trait]
impl Ledger for SqlLedger {
    async fn judge(&self, judged: &Judged) -> Result<NextStep, LedgerError> {
        match self.judge_once(judged).await {
            // Another order took the number between our look and our write: the second look sees who has it.
            Err(error) if error.is_unique_violation() => self.judge_once(judged).await,
            outcome => outcome,
        }
    }

    async fn released(&self, store: &StoreId, order_id: &OrderId, at: Timestamp) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        release::released(&mut tx, store, order_id, at).await?;
        tx.commit().await
    }

    async fn answered(
        &self,
        number: &OrderNumber,
        answer: &Answer,
        happening: &Happening,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        answer::answered(&mut tx, number, answer, happening).await?;
        tx.commit().await
    }

    async fn order_by_number(&self, number: &OrderNumber) -> Result<Option<OrderRecord>, LedgerError> {
        let mut tx = self.database.read().await?;
        let order = find_orders::by_number(&mut tx, number).await?;
        tx.commit().await?;
        Ok(order)
    }

    async fn orders_named(&self, text: &str) -> Result<Vec<OrderRecord>, LedgerError> {
        let mut tx = self.database.read().await?;
        let orders = find_orders::named(&mut tx, text).await?;
        tx.commit().await?;
        Ok(orders)
    }

    async fn unrecorded_named(&self, order_id: &str) -> Result<Vec<(StoreId, OrderId)>, LedgerError> {
        let mut tx = self.database.read().await?;
        let orders = find_orders::unrecorded_named(&mut tx, order_id).await?;
        tx.commit().await?;
        Ok(orders)
    }

    async fn orders(&self, wanted: &OrdersWanted) -> Result<Vec<OrderRecord>, LedgerError> {
        let mut tx = self.database.read().await?;
        let orders = find_orders::wanted(&mut tx, wanted).await?;
        tx.commit().await?;
        Ok(orders)
    }

    async fn tell(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        happening: &Happening,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        tell::tell(&mut tx, store, order_id, happening).await?;
        tx.commit().await
    }

    async fn timeline(&self, store: &StoreId, order_id: &OrderId) -> Result<Vec<TimelineEntry>, LedgerError> {
        let mut tx = self.database.read().await?;
        let timeline = tell::timeline(&mut tx, store, order_id).await?;
        tx.commit().await?;
        Ok(timeline)
    }

    async fn intend_shipment(
        &self,
        shipment: &Shipment,
        happening: &Happening,
    ) -> Result<IntendedShipment, LedgerError> {
        match self.intend_shipment_once(shipment, happening).await {
            // Another order's consignment took the id between our look and our write: the second look sees it.
            Err(error) if error.is_unique_violation() => self.intend_shipment_once(shipment, happening).await,
            outcome => outcome,
        }
    }

    async fn shipment_done(
        &self,
        id: &ShipmentId,
        shop_shipments: &[String],
        happening: &Happening,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        shipments::done(&mut tx, id, shop_shipments, happening).await?;
        tx.commit().await
    }

    async fn counted(&self, counted_at: Timestamp, levels: &[StockLevel]) -> Result<Vec<Sku>, LedgerError> {
        let mut tx = self.database.write().await?;
        let replaced = counts::counted(&mut tx, counted_at, levels).await?;
        tx.commit().await?;
        Ok(replaced)
    }

    async fn stock(&self, store: &StoreId) -> Result<Vec<StockLine>, LedgerError> {
        let mut tx = self.database.read().await?;
        let lines = promises::stock(&mut tx, store).await?;
        tx.commit().await?;
        Ok(lines)
    }

    async fn pushed(
        &self,
        store: &StoreId,
        quantities: &[(Sku, i64)],
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        pushed::pushed(&mut tx, store, quantities, at).await?;
        tx.commit().await
    }

    async fn listings(&self, store: &StoreId, skus: &[Sku]) -> Result<Vec<(Sku, Vec<Listing>)>, LedgerError> {
        let mut tx = self.database.read().await?;
        let listings = listings::known(&mut tx, store, skus).await?;
        tx.commit().await?;
        Ok(listings)
    }

    async fn learn_listings(
        &self,
        store: &StoreId,
        found: &[(Sku, Vec<Listing>)],
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        listings::learn(&mut tx, store, found, at).await?;
        tx.commit().await
    }

    async fn forget_product(
        &self,
        store: &StoreId,
        product_id: &str,
        not_found_before: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        listings::forget_product(&mut tx, store, product_id, not_found_before).await?;
        tx.commit().await
    }

    async fn forget_listings(&self, store: &StoreId, skus: &[Sku]) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        listings::forget(&mut tx, store, skus).await?;
        tx.commit().await
    }

    async fn lease(&self, name: &str, now: Timestamp, until: Timestamp) -> Result<LeaseAnswer, LedgerError> {
        let mut tx = self.database.write().await?;
        let answer = lease::take(&mut tx, name, now, until).await?;
        tx.commit().await?;
        Ok(answer)
    }

    async fn end_lease(&self, lease: &Lease) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        lease::end(&mut tx, lease).await?;
        tx.commit().await
    }

    async fn ping(&self) -> Result<(), LedgerError> {
        let mut tx = self.database.read().await?;
        tx.query("SELECT 1").execute().await?;
        tx.commit().await
    }
}
