//! The ledger over a database: each method is one transaction around the statements in the files beside this one.

mod after_release;
mod answer;
mod begun_pushes;
mod calls;
mod catalogues;
mod completion;
mod counts;
mod dead_letters;
mod deliveries;
mod echoes;
mod find_orders;
mod judge;
mod lease;
mod listings;
mod order_lines;
mod order_row;
mod pauses;
mod promises;
mod proof;
mod pushed;
mod refused;
mod relabel;
mod shipment_row;
mod shipments;
mod stock_ledger;
mod storable;
mod sweeps;
mod tell;
mod telling;
mod unknown_skus;
mod void_shipment;
mod webhooks;

use async_trait::async_trait;
use crossdock_domain::{OrderId, OrderNumber, Shipment, ShipmentId, Sku, StockPush, StoreId};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::database::Database;
use crate::{
    Answer, Delivered, DueOrder, Happening, Judged, KnownOrder, Lease, LeaseAnswer, Ledger, LedgerError,
    NextStep, OrderRecord, OrdersWanted, Pause, PauseCause, RulesTold, ShipmentRecord, Swept, TimelineEntry,
    WebhookWatch,
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
    ) -> Result<ShipmentRecord, LedgerError> {
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

    async fn gone(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        reason: &str,
        read_at: Timestamp,
        stock_push: StockPush,
        happening: &Happening,
    ) -> Result<NextStep, LedgerError> {
        let mut tx = self.database.write().await?;
        let gone = after_release::Gone { reason, read_at, stock_push };
        let next_step = after_release::gone(&mut tx, (store, order_id), gone, happening).await?;
        tx.commit().await?;
        Ok(next_step)
    }

    async fn retry(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        happening: &Happening,
    ) -> Result<NextStep, LedgerError> {
        let mut tx = self.database.write().await?;
        let next_step = after_release::retry(&mut tx, store, order_id, happening).await?;
        tx.commit().await?;
        Ok(next_step)
    }

    async fn sku_known(&self, sku: &Sku, since: Timestamp) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        unknown_skus::known(&mut tx, sku, since).await?;
        tx.commit().await
    }

    async fn outdated_refusals(&self, sku: &Sku) -> Result<Vec<(StoreId, OrderId)>, LedgerError> {
        let mut tx = self.database.read().await?;
        let orders = unknown_skus::outdated(&mut tx, sku).await?;
        tx.commit().await?;
        Ok(orders)
    }

    async fn is_outdated_refusal(&self, store: &StoreId, order_id: &OrderId) -> Result<bool, LedgerError> {
        let mut tx = self.database.read().await?;
        let is_outdated = unknown_skus::is_outdated(&mut tx, store, order_id).await?;
        tx.commit().await?;
        Ok(is_outdated)
    }

    async fn told(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        round: u32,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        telling::told(&mut tx, store, order_id, round, at).await?;
        tx.commit().await
    }

    async fn not_told(&self, store: &StoreId, order_id: &OrderId, round: u32) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        telling::not_told(&mut tx, store, order_id, round).await?;
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

    async fn known(&self, store: &StoreId, ids: &[OrderId]) -> Result<Vec<KnownOrder>, LedgerError> {
        let mut tx = self.database.read().await?;
        let known = find_orders::known(&mut tx, store, ids).await?;
        tx.commit().await?;
        Ok(known)
    }

    async fn records(&self, store: &StoreId, ids: &[OrderId]) -> Result<Vec<OrderRecord>, LedgerError> {
        let mut tx = self.database.read().await?;
        let records = find_orders::of_ids(&mut tx, store, ids).await?;
        tx.commit().await?;
        Ok(records)
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

    async fn count_orders(&self, wanted: &OrdersWanted) -> Result<u64, LedgerError> {
        let mut tx = self.database.read().await?;
        let count = find_orders::count(&mut tx, wanted).await?;
        tx.commit().await?;
        Ok(count)
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

    async fn told_at(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        key: &str,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let mut tx = self.database.read().await?;
        let at = tell::told_at(&mut tx, store, order_id, key).await?;
        tx.commit().await?;
        Ok(at)
    }

    async fn delivered(&self, number: &OrderNumber) -> Result<Delivered, LedgerError> {
        let mut tx = self.database.read().await?;
        deliveries::delivered(&mut tx, number).await
    }

    async fn begin_posting(&self, at: Timestamp) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        deliveries::begin(&mut tx, at).await?;
        tx.commit().await
    }

    async fn end_posting(&self) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        deliveries::end(&mut tx).await?;
        tx.commit().await
    }

    async fn note_posting(&self, number: &OrderNumber, round: u32) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        deliveries::note_posting(&mut tx, number, round).await?;
        tx.commit().await
    }

    async fn replied(
        &self,
        number: &OrderNumber,
        round: u32,
        answer: Option<&Answer>,
        happening: &Happening,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        deliveries::replied(&mut tx, number, round, answer, happening).await?;
        tx.commit().await
    }

    async fn intend_shipment(
        &self,
        shipment: &Shipment,
        happening: &Happening,
    ) -> Result<ShipmentRecord, LedgerError> {
        match self.intend_shipment_once(shipment, happening).await {
            // Another order's consignment took the id between our look and our write: the second look sees it.
            Err(error) if error.is_unique_violation() => self.intend_shipment_once(shipment, happening).await,
            outcome => outcome,
        }
    }

    async fn shipment_done(
        &self,
        written: &Shipment,
        shop_shipments: &[String],
        happening: &Happening,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        shipments::done(&mut tx, written, shop_shipments, happening).await?;
        tx.commit().await
    }

    async fn void_shipment(
        &self,
        number: &OrderNumber,
        id: &ShipmentId,
        happening: &Happening,
    ) -> Result<Option<ShipmentRecord>, LedgerError> {
        let mut tx = self.database.write().await?;
        let voided = void_shipment::void(&mut tx, number, id, happening).await?;
        tx.commit().await?;
        Ok(voided)
    }

    async fn withdraw_shipment(&self, number: &OrderNumber, id: &ShipmentId) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        void_shipment::withdraw(&mut tx, number, id).await?;
        tx.commit().await
    }

    async fn shipment_to_complete(
        &self,
        number: &OrderNumber,
    ) -> Result<Option<ShipmentRecord>, LedgerError> {
        let mut tx = self.database.write().await?;
        let to_complete = completion::shipment_to_complete(&mut tx, number).await?;
        tx.commit().await?;
        Ok(to_complete)
    }

    async fn shipment_completed(
        &self,
        shipment: &Shipment,
        happening: &Happening,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        completion::completed(&mut tx, shipment, happening).await?;
        tx.commit().await
    }

    async fn shipment_voided(&self, id: &ShipmentId, happening: &Happening) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        void_shipment::voided(&mut tx, id, happening).await?;
        tx.commit().await
    }

    async fn shipments(
        &self,
        store: &StoreId,
        order_id: &OrderId,
    ) -> Result<Vec<ShipmentRecord>, LedgerError> {
        let mut tx = self.database.read().await?;
        let shipments = shipment_row::of_order(&mut tx, store, order_id).await?;
        tx.commit().await?;
        Ok(shipments)
    }

    async fn swept(&self, store: &StoreId) -> Result<Option<Swept>, LedgerError> {
        let mut tx = self.database.read().await?;
        let swept = sweeps::swept(&mut tx, store).await?;
        tx.commit().await?;
        Ok(swept)
    }

    async fn keep_swept(&self, store: &StoreId, swept: Swept) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        sweeps::keep_swept(&mut tx, store, swept).await?;
        tx.commit().await
    }

    async fn open_orders(
        &self,
        store: &StoreId,
        read_before: Timestamp,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError> {
        let mut tx = self.database.read().await?;
        let open = sweeps::open_orders(&mut tx, store, read_before, after, limit).await?;
        tx.commit().await?;
        Ok(open)
    }

    async fn rules(&self, store: &StoreId) -> Result<Option<RulesTold>, LedgerError> {
        let mut tx = self.database.read().await?;
        let rules = sweeps::rules(&mut tx, store).await?;
        tx.commit().await?;
        Ok(rules)
    }

    async fn keep_rules(&self, store: &StoreId, rules: &RulesTold) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        sweeps::keep_rules(&mut tx, store, rules).await?;
        tx.commit().await
    }

    async fn kept_out(
        &self,
        store: &StoreId,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError> {
        let mut tx = self.database.read().await?;
        let kept_out = sweeps::kept_out(&mut tx, store, after, limit).await?;
        tx.commit().await?;
        Ok(kept_out)
    }

    async fn proved_day(&self, store: &StoreId) -> Result<Option<Date>, LedgerError> {
        let mut tx = self.database.read().await?;
        let day = proof::proved_day(&mut tx, store).await?;
        tx.commit().await?;
        Ok(day)
    }

    async fn keep_proved_day(&self, store: &StoreId, day: Date) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        proof::keep_proved_day(&mut tx, store, day).await?;
        tx.commit().await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<DueOrder>, LedgerError> {
        let mut tx = self.database.read().await?;
        let due = sweeps::due(&mut tx, now, limit).await?;
        tx.commit().await?;
        Ok(due)
    }

    async fn told_due(&self, orders: &[DueOrder], at: Timestamp) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        sweeps::told_due(&mut tx, orders, at).await?;
        tx.commit().await
    }

    async fn webhook_watch(&self, store: &StoreId) -> Result<WebhookWatch, LedgerError> {
        let mut tx = self.database.read().await?;
        let watch = webhooks::watch(&mut tx, store).await?;
        tx.commit().await?;
        Ok(watch)
    }

    async fn keep_webhook_watch(&self, store: &StoreId, watch: &WebhookWatch) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        webhooks::keep(&mut tx, store, watch).await?;
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

    async fn renew_lease(&self, lease: &Lease, until: Timestamp) -> Result<Option<Lease>, LedgerError> {
        let mut tx = self.database.write().await?;
        let renewed = lease::renew(&mut tx, lease, until).await?;
        tx.commit().await?;
        Ok(renewed)
    }

    async fn take_calls(
        &self,
        store: &StoreId,
        at: Timestamp,
        since: Timestamp,
        wanted: u32,
        most: u32,
    ) -> Result<u32, LedgerError> {
        let mut tx = self.database.write().await?;
        let granted = calls::take(&mut tx, store, at, since, wanted, most).await?;
        tx.commit().await?;
        Ok(granted)
    }

    async fn pauses(
        &self,
        store: &StoreId,
        account: &str,
        now: Timestamp,
    ) -> Result<Vec<Pause>, LedgerError> {
        let mut tx = self.database.read().await?;
        let standing = pauses::standing(&mut tx, store, account, now).await?;
        tx.commit().await?;
        Ok(standing)
    }

    async fn begin_pause(&self, store: &StoreId, account: &str, pause: &Pause) -> Result<bool, LedgerError> {
        let mut tx = self.database.write().await?;
        let began = pauses::begin(&mut tx, store, account, pause).await?;
        tx.commit().await?;
        Ok(began)
    }

    async fn probe_pause(
        &self,
        store: &StoreId,
        account: &str,
        cause: &PauseCause,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, LedgerError> {
        let mut tx = self.database.write().await?;
        let taken = pauses::probe(&mut tx, store, account, cause, now, until).await?;
        tx.commit().await?;
        Ok(taken)
    }

    async fn end_pause(
        &self,
        store: &StoreId,
        account: &str,
        cause: &PauseCause,
    ) -> Result<bool, LedgerError> {
        let mut tx = self.database.write().await?;
        let ended = pauses::end(&mut tx, store, account, cause).await?;
        tx.commit().await?;
        Ok(ended)
    }

    async fn ping(&self) -> Result<(), LedgerError> {
        let mut tx = self.database.read().await?;
        tx.query("SELECT 1").execute().await?;
        tx.commit().await
    }
}
