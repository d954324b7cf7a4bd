//! Takes the warehouse's counts down, and tells each shop's lane that a push is due.
//!
//! In       `warehouse.stock.counted`
//! Effects  newer counts in the ledger; one `stock.due` for each shop that wants stock on change
//! Replay   safe: an older or equal count changes nothing, and a push finds nothing to do

use std::sync::Arc;

use crossdock_domain::StockPush;
use crossdock_events::{CONTENT_TYPE, Event, EventData, Source, StockCounted, StockDue};
use crossdock_ledger::Ledger;
use crossdock_queue::{Delivery, Failure, Message, Outcome, Publisher};
use crossdock_storefront::Shops;
use crossdock_telemetry::TraceParent;
use jiff::Timestamp;

use crate::ROLE;

pub(crate) struct RecordCount {
    pub(crate) shops: Shops,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) publisher: Publisher,
}

impl RecordCount {
    pub(crate) async fn handle(&self, batch: &[Delivery]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(batch.len());
        let mut last = None;
        for delivery in batch {
            let recorded = self.record(delivery).await;
            if let Ok(event) = &recorded {
                last = Some(event.clone());
            }
            outcomes.push(recorded.map(drop).into());
        }
        // One push per shop answers all counts of the batch; without it, none of them is done.
        if let Some(event) = last
            && let Err(failure) = self.tell_shops(&event).await
        {
            for outcome in outcomes.iter_mut().filter(|outcome| **outcome == Outcome::Done) {
                *outcome = Outcome::Failed(failure.clone());
            }
        }
        outcomes
    }

    async fn record(&self, delivery: &Delivery) -> Result<Event<StockCounted>, Failure> {
        let event = Event::<StockCounted>::from_json(&delivery.body)?;
        let newer = self.ledger.counted(event.data.counted_at, &event.data.levels).await?;
        tracing::info!(event.id, counted = event.data.levels.len(), newer = newer.len(), "took a count");
        Ok(event)
    }

    async fn tell_shops(&self, count: &Event<StockCounted>) -> Result<(), Failure> {
        for shop in self.shops.all() {
            let stock = &shop.settings.stock;
            if stock.push == StockPush::Off || !stock.on_change {
                continue;
            }
            let store = shop.settings.id.clone();
            let id = format!("{}/{store}", count.id);
            let event =
                Event::new(&Source::Role(ROLE), id, Timestamp::now(), StockDue { store, full: false })
                    .traced(Some(TraceParent::follow(count.traceparent.as_deref()).to_string()));
            let message = Message {
                routing_key: StockDue::TYPE.to_owned(),
                id: event.id.clone(),
                content_type: CONTENT_TYPE,
                body: event.to_json().into(),
            };
            self.publisher.publish(message).await?;
        }
        Ok(())
    }
}
