//! Consumer: from a count, an order or 'stock due' to quantities in the shops.

mod affected;
mod doubts_told;
mod follow_orders;
mod push_stock;
mod read_catalogue;
mod record_count;
mod reread_products;
mod serve_shop;
mod tell_shops;
#[cfg(test)]
mod tests;
mod wanted;

use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::StoreId;
use crossdock_events::{
    EventData, InvalidEvent, OrderPromised, RawEvent, ShopProductChanged, StockCounted, StockDue,
};
use crossdock_ledger::Ledger;
use crossdock_queue::{Delivery, Failure, Handler, Outcome, Publisher, Route, WorkQueue};
use crossdock_storefront::Shops;

use doubts_told::DoubtsTold;
use follow_orders::FollowOrders;
use push_stock::PushStock;
use read_catalogue::ReadCatalogue;
use record_count::RecordCount;
use reread_products::RereadProducts;
use serve_shop::ServeShop;
use tell_shops::TellShops;

/// The role's name, in settings, logs and dead letters.
pub const ROLE: &str = "stock-writer";

/// Where its work comes from.
pub const QUEUE: WorkQueue = WorkQueue {
    name: "crossdock.stock-writer",
    role: ROLE,
    keys: &[StockCounted::TYPE, StockDue::TYPE, ShopProductChanged::TYPE, OrderPromised::TYPE],
};

/// The lane of the warehouse's counts. Not a store's id: those have no slash.
const COUNTS_LANE: &str = "/warehouse";

/// The lane of what becomes of orders.
const ORDERS_LANE: &str = "/orders";

/// Handles one kind of message in each field.
pub struct StockWriter {
    record_count: RecordCount,
    follow_orders: FollowOrders,
    serve_shop: ServeShop,
}

impl StockWriter {
    /// Over these shops and this ledger; `publisher` carries 'stock due' to the shops' lanes.
    pub fn new(shops: Shops, ledger: Arc<dyn Ledger>, publisher: Publisher) -> Self {
        let tell_shops = TellShops { shops: shops.clone(), publisher };
        let push_stock = PushStock {
            ledger: ledger.clone(),
            read_catalogue: ReadCatalogue { ledger: ledger.clone() },
            reread_products: RereadProducts { ledger: ledger.clone() },
        };
        Self {
            record_count: RecordCount { ledger: ledger.clone(), tell_shops: tell_shops.clone() },
            follow_orders: FollowOrders { tell_shops: tell_shops.clone() },
            serve_shop: ServeShop {
                shops,
                ledger,
                push_stock,
                tell_shops,
                doubts_told: DoubtsTold::default(),
            },
        }
    }
}

#[async_trait]
impl Handler for StockWriter {
    async fn route(&self, delivery: &Delivery) -> Result<Route, Failure> {
        let event = RawEvent::parse(&delivery.body)?;
        let subject = event.subject.clone();
        let lane = match event.kind.as_str() {
            StockCounted::TYPE => COUNTS_LANE.to_owned(),
            OrderPromised::TYPE => ORDERS_LANE.to_owned(),
            StockDue::TYPE => event.read::<StockDue>()?.data.store.to_string(),
            ShopProductChanged::TYPE => event.read::<ShopProductChanged>()?.data.store.to_string(),
            _ => return Err(InvalidEvent::Misrouted { kind: event.kind, role: ROLE }.into()),
        };
        Ok(Route { lane, subject })
    }

    /// The coalescing window of the shops: the first change goes at once, and the faster SKUs and products change, the longer the next
    /// are gathered into one push. Counts and orders are only passed on.
    fn gathers(&self, lane: &str) -> bool {
        lane.parse::<StoreId>().is_ok()
    }

    async fn handle(&self, lane: &str, batch: Vec<Delivery>) -> Vec<Outcome> {
        match lane.parse::<StoreId>() {
            Ok(store) => self.serve_shop.handle(&store, &batch).await,
            Err(_) if lane == ORDERS_LANE => self.follow_orders.handle(&batch).await,
            Err(_) => self.record_count.handle(&batch).await,
        }
    }
}
