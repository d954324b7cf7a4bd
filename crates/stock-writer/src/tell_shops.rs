//! Tells shops' lanes that a push is due.

use crossdock_domain::{Sku, StockPush, StoreId};
use crossdock_events::{CONTENT_TYPE, Event, EventData as _, Source, StockDue};
use crossdock_queue::{Message, PublishError, Publisher};
use crossdock_storefront::Shops;
use crossdock_telemetry::TraceParent;
use jiff::Timestamp;

use crate::ROLE;
use crate::affected::Affected;

/// Longest SKU that a message's id can hold beside the store's, in bytes: AMQP gives an id 255.
const SKU_BYTES_MAX: usize = 160;

/// Publishes `stock.due`.
#[derive(Clone)]
pub(crate) struct TellShops {
    pub(crate) shops: Shops,
    pub(crate) publisher: Publisher,
}

impl TellShops {
    /// Has every shop that is told such numbers on change compare these SKUs. `cause` is the id of the event that leads to it.
    pub(crate) async fn compare(
        &self,
        affected: &Affected,
        concerns: impl Fn(StockPush) -> bool + Send,
        cause: &str,
        trace: TraceParent,
    ) -> Result<(), PublishError> {
        if affected.is_nothing() {
            return Ok(());
        }
        for shop in self.shops.all() {
            let stock = &shop.settings.stock;
            if stock.follows_changes() && concerns(stock.push) {
                let store = shop.settings.id.clone();
                let id = format!("{cause}/{store}");
                self.publish(id, StockDue { store, full: false, skus: affected.to_named() }, trace).await?;
            }
        }
        Ok(())
    }

    /// Has a SKU pushed alone that the shop refused among others: refused again, it is a dead letter of its own, and replayed, it is
    /// pushed again. However often that happens to a SKU, it is the same message, and so the same dead letter (but
    /// for a SKU that is too long for an id).
    pub(crate) async fn alone(
        &self,
        store: &StoreId,
        sku: &Sku,
        trace: TraceParent,
    ) -> Result<(), PublishError> {
        let id = if sku.as_str().len() <= SKU_BYTES_MAX {
            format!("alone/{store}/{sku}")
        } else {
            format!("alone/{store}/{}", Timestamp::now().as_microsecond())
        };
        let due = StockDue { store: store.clone(), full: true, skus: Some(vec![sku.clone()]) };
        self.publish(id, due, trace).await
    }

    /// Has SKUs compared of which the shop turned out to list more, or something else, than was known.
    pub(crate) async fn found(
        &self,
        store: &StoreId,
        skus: &Affected,
        trace: TraceParent,
    ) -> Result<(), PublishError> {
        if skus.is_nothing() {
            return Ok(());
        }
        let due = StockDue { store: store.clone(), full: false, skus: skus.to_named() };
        self.publish(format!("found/{store}/{}", Timestamp::now().as_microsecond()), due, trace).await
    }

    async fn publish(&self, id: String, due: StockDue, trace: TraceParent) -> Result<(), PublishError> {
        let event =
            Event::new(&Source::Role(ROLE), id, Timestamp::now(), due).traced(Some(trace.step().to_string()));
        let message = Message::new(StockDue::TYPE, event.id.as_str(), CONTENT_TYPE, event.to_json());
        self.publisher.publish(message).await
    }
}
