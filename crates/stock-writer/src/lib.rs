//! Consumer: from 'stock counted' or 'stock due' to quantities in the shop.

mod forget_listings;
mod push_stock;
mod record_count;

use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::StoreId;
use crossdock_events::{
    Event, EventData, InvalidEvent, RawEvent, ShopProductChanged, StockCounted, StockDue,
};
use crossdock_ledger::Ledger;
use crossdock_queue::{Delivery, Failure, Handler, Outcome, Publisher, Route, WorkQueue};
use crossdock_storefront::Shops;
use crossdock_telemetry::Trace;
use tracing::Instrument as _;

use forget_listings::ForgetListings;
use push_stock::PushStock;
use record_count::RecordCount;

/// The role's name, in settings, logs and dead letters.
pub const ROLE: &str = "stock-writer";

/// Where its work comes from.
pub const QUEUE: WorkQueue = WorkQueue {
    name: "crossdock.stock-writer",
    role: ROLE,
    keys: &[StockCounted::TYPE, StockDue::TYPE, ShopProductChanged::TYPE],
};

/// The lane of the warehouse's counts. Not a store's id: those have no slash.
const COUNTS_LANE: &str = "/warehouse";

/// Handles one message type in each field.
pub struct StockWriter {
    record_count: RecordCount,
    push_stock: PushStock,
    forget_listings: ForgetListings,
}

impl StockWriter {
    /// Over these shops and this ledger; `publisher` carries 'stock due' to the shops' lanes.
    pub fn new(shops: Shops, ledger: Arc<dyn Ledger>, publisher: Publisher) -> Self {
        Self {
            record_count: RecordCount { shops: shops.clone(), ledger: ledger.clone(), publisher },
            forget_listings: ForgetListings { ledger: ledger.clone() },
            push_stock: PushStock { shops, ledger },
        }
    }

    /// What is to be forgotten is forgotten first, then one push answers every 'stock due' of the batch.
    async fn handle_shop(&self, store: &StoreId, batch: &[Delivery]) -> Vec<Outcome> {
        let mut outcomes = vec![Outcome::Done; batch.len()];
        let mut due = Vec::new();
        for (position, delivery) in batch.iter().enumerate() {
            match self.read(delivery).await {
                Ok(Some(push)) => due.push((position, push)),
                Ok(None) => {}
                Err(failure) => outcomes[position] = Outcome::Failed(failure),
            }
        }
        if !due.is_empty() {
            let full = due.iter().any(|(_, push)| push.data.full);
            let trace = Trace::of(due.iter().map(|(_, push)| push.traceparent.as_deref()));
            let outcome = Outcome::from(self.push_stock.handle(store, full).instrument(trace.span()).await);
            for (position, _) in due {
                outcomes[position] = outcome.clone();
            }
        }
        outcomes
    }

    /// The push that a message asks for; a changed product is done with here.
    async fn read(&self, delivery: &Delivery) -> Result<Option<Event<StockDue>>, Failure> {
        let event = RawEvent::parse(&delivery.body)?;
        if event.kind == StockDue::TYPE {
            return Ok(Some(event.read::<StockDue>()?));
        }
        let trace = Trace::of([event.traceparent.as_deref()]);
        let changed = event.read::<ShopProductChanged>()?.data;
        self.forget_listings.handle(&changed).instrument(trace.span()).await?;
        Ok(None)
    }
}

#[async_trait]
impl Handler for StockWriter {
    async fn route(&self, delivery: &Delivery) -> Result<Route, Failure> {
        let event = RawEvent::parse(&delivery.body)?;
        let subject = event.subject.clone();
        let lane = match event.kind.as_str() {
            StockCounted::TYPE => COUNTS_LANE.to_owned(),
            StockDue::TYPE => event.read::<StockDue>()?.data.store.to_string(),
            ShopProductChanged::TYPE => event.read::<ShopProductChanged>()?.data.store.to_string(),
            _ => return Err(InvalidEvent::Misrouted { kind: event.kind, role: ROLE }.into()),
        };
        Ok(Route { lane, subject })
    }

    async fn handle(&self, lane: &str, batch: Vec<Delivery>) -> Vec<Outcome> {
        match lane.parse::<StoreId>() {
            Ok(store) => self.handle_shop(&store, &batch).await,
            Err(_) => self.record_count.handle(&batch).await,
        }
    }
}
