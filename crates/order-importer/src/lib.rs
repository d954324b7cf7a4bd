//! Consumer: from 'order changed' to an order released to the warehouse.

mod announce_promise;
mod deliver_orders;
mod import_now;
mod import_orders;
mod judge;
mod record_answer;
mod refused;
mod settle_order;
mod tell_warehouse;

use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::{OrderId, OrderNumber, Platform, StoreId};
use crossdock_events::{
    EventData, InvalidEvent, OrderAmended, OrderCancelled, OrderReleased, RawEvent, ShopOrderChanged,
    WarehouseOrderAccepted, WarehouseOrderRejected, WarehouseSkuKnown,
};
use crossdock_ledger::Ledger;
use crossdock_queue::{Delivery, Failure, Handler, Outcome, Publisher, Route, WorkQueue};
use crossdock_storefront::{Priority, Shops};

use import_now::ImportNow;
use import_orders::ImportOrders;
use record_answer::RecordAnswer;
use settle_order::SettleOrder;

pub use deliver_orders::{DeliverOrders, Endpoint, EndpointError};
pub use import_now::Imported;

/// The role's name, in settings, logs, timelines and dead letters.
pub const ROLE: &str = "order-importer";

/// Where its work comes from.
pub const QUEUE: WorkQueue = WorkQueue {
    name: "crossdock.order-importer",
    role: ROLE,
    keys: &[
        ShopOrderChanged::TYPE,
        WarehouseOrderAccepted::TYPE,
        WarehouseOrderRejected::TYPE,
        WarehouseSkuKnown::TYPE,
    ],
};

/// What it puts out for the warehouse to take.
pub const WAREHOUSE_ORDERS: WorkQueue = WorkQueue {
    name: "crossdock.warehouse.orders",
    role: "warehouse",
    keys: &[OrderReleased::TYPE, OrderAmended::TYPE, OrderCancelled::TYPE],
};

/// Most notices taken and not yet answered for: three shops have room for a full batch of 1,000 orders each, of which a shop tells three
/// times. A notice is a few hundred bytes.
const PREFETCH: u16 = 12_288;

/// The lane of the warehouse's answers. Not a store's id: those have no slash.
const ANSWERS_LANE: &str = "/warehouse";

/// Handles one message type in each field.
pub struct OrderImporter {
    import_now: ImportNow,
    import_orders: ImportOrders,
    record_answer: RecordAnswer,
}

impl OrderImporter {
    /// Over these shops, this ledger, and this way to the warehouse.
    pub fn new(shops: Shops, ledger: Arc<dyn Ledger>, publisher: Publisher) -> Self {
        let settle_order = Arc::new(SettleOrder { ledger: ledger.clone(), publisher });
        Self {
            import_now: ImportNow {
                shops: shops.clone(),
                ledger: ledger.clone(),
                settle_order: settle_order.clone(),
            },
            import_orders: ImportOrders { shops, ledger: ledger.clone(), settle_order: settle_order.clone() },
            record_answer: RecordAnswer { ledger, settle_order },
        }
    }

    /// Reads these orders, judges them and releases what is to be released, in this process and at once: one result for each, in
    /// the order asked for. `cause` is how the timeline names the occasion, for example `manual import`.
    pub async fn import_now(
        &self,
        store: &StoreId,
        ids: &[OrderId],
        cause: &str,
        priority: Priority,
    ) -> Vec<(OrderId, Imported)> {
        self.import_now.import(store, ids, cause, priority).await
    }

    /// What [`Self::import_now`] would come to for orders that the warehouse does not have. Reads the shop, and changes nothing.
    pub async fn preview(
        &self,
        store: &StoreId,
        ids: &[OrderId],
        priority: Priority,
    ) -> Vec<(OrderId, Imported)> {
        self.import_now.preview(store, ids, priority).await
    }

    /// Releases an order again that the warehouse refused. False if there is no such order, or the warehouse has not refused it.
    ///
    /// # Errors
    /// As the failure says: repair it, and call again.
    pub async fn retry(&self, number: &OrderNumber, cause: &str) -> Result<bool, Failure> {
        self.record_answer.retry(number, cause).await
    }
}

#[async_trait]
impl Handler for OrderImporter {
    async fn route(&self, delivery: &Delivery) -> Result<Route, Failure> {
        let event = RawEvent::parse(&delivery.body)?;
        match event.kind.as_str() {
            ShopOrderChanged::TYPE => {
                let data = event.read::<ShopOrderChanged>()?.data;
                Ok(Route { lane: data.store.to_string(), subject: Some(data.order_id.to_string()) })
            }
            WarehouseOrderAccepted::TYPE | WarehouseOrderRejected::TYPE | WarehouseSkuKnown::TYPE => {
                Ok(Route { lane: ANSWERS_LANE.to_owned(), subject: event.subject })
            }
            _ => Err(InvalidEvent::Misrouted { kind: event.kind, role: ROLE }.into()),
        }
    }

    /// Where the platform lists many orders in the call that reads one.
    fn gathers(&self, lane: &str) -> bool {
        let shop = lane.parse().ok().and_then(|store| self.import_orders.shops.get(&store).ok());
        shop.is_some_and(|shop| shop.settings.platform() == Platform::Bigcommerce)
    }

    fn prefetch(&self) -> u16 {
        PREFETCH
    }

    async fn handle(&self, lane: &str, batch: Vec<Delivery>) -> Vec<Outcome> {
        match lane.parse::<StoreId>() {
            Ok(store) => self.import_orders.handle(&store, &batch).await,
            Err(_) => self.record_answer.handle(&batch).await,
        }
    }
}
