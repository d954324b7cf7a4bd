//! Consumer: from 'order changed' to an order released to the warehouse.

mod import_orders;
mod record_answer;

use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::StoreId;
use crossdock_events::{
    EventData, InvalidEvent, OrderAmended, OrderCancelled, OrderReleased, RawEvent, ShopOrderChanged,
    WarehouseOrderAccepted, WarehouseOrderRejected,
};
use crossdock_ledger::Ledger;
use crossdock_queue::{Delivery, Failure, Handler, Outcome, Publisher, Route, WorkQueue};
use crossdock_storefront::Shops;

use import_orders::ImportOrders;
use record_answer::RecordAnswer;

/// The role's name, in settings, logs, timelines and dead letters.
pub const ROLE: &str = "order-importer";

/// Where its work comes from.
pub const QUEUE: WorkQueue = WorkQueue {
    name: "crossdock.order-importer",
    role: ROLE,
    keys: &[ShopOrderChanged::TYPE, WarehouseOrderAccepted::TYPE, WarehouseOrderRejected::TYPE],
};

/// What it puts out for the warehouse to take.
pub const WAREHOUSE_ORDERS: WorkQueue = WorkQueue {
    name: "crossdock.warehouse.orders",
    role: "warehouse",
    keys: &[OrderReleased::TYPE, OrderAmended::TYPE, OrderCancelled::TYPE],
};

/// The lane of the warehouse's answers. Not a store's id: those have no slash.
const ANSWERS_LANE: &str = "/warehouse";

/// Handles one message type in each field.
pub struct OrderImporter {
    import_orders: ImportOrders,
    record_answer: RecordAnswer,
}

impl OrderImporter {
    /// Over these shops, this ledger, and this way to the warehouse.
    pub fn new(shops: Shops, ledger: Arc<dyn Ledger>, publisher: Publisher) -> Self {
        Self {
            import_orders: ImportOrders { shops, ledger: ledger.clone(), publisher },
            record_answer: RecordAnswer { ledger },
        }
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
            WarehouseOrderAccepted::TYPE | WarehouseOrderRejected::TYPE => {
                Ok(Route { lane: ANSWERS_LANE.to_owned(), subject: event.subject })
            }
            _ => Err(InvalidEvent::Misrouted { kind: event.kind, role: ROLE }.into()),
        }
    }

    async fn handle(&self, lane: &str, batch: Vec<Delivery>) -> Vec<Outcome> {
        match lane.parse::<StoreId>() {
            Ok(store) => self.import_orders.handle(&store, &batch).await,
            Err(_) => self.record_answer.handle(&batch).await,
        }
    }
}
