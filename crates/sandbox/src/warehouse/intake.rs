//! Takes the orders that Crossdock tells the warehouse.
//!
//! In       `order.released`, `order.amended`, `order.cancelled`
//! Effects  the book; from there `warehouse.order.accepted` or `.rejected`
//! Replay   safe: an order that is known is only counted

use std::sync::Arc;

use async_trait::async_trait;
use crossdock_events::{EventData, InvalidEvent, OrderAmended, OrderCancelled, OrderReleased, RawEvent};
use crossdock_queue::{Delivery, Failure, Handler, Outcome, Route};
use tokio::time::Instant;

use super::Warehouse;

/// All orders go one lane, so that a cancellation never overtakes its order.
const LANE: &str = "warehouse";

pub(super) struct Intake(pub(super) Arc<Warehouse>);

#[async_trait]
impl Handler for Intake {
    async fn route(&self, delivery: &Delivery) -> Result<Route, Failure> {
        let event = RawEvent::parse(&delivery.body)?;
        Ok(Route { lane: LANE.to_owned(), subject: event.subject })
    }

    async fn handle(&self, _lane: &str, batch: Vec<Delivery>) -> Vec<Outcome> {
        batch.iter().map(|delivery| self.0.take(&delivery.body).into()).collect()
    }
}

impl Warehouse {
    /// Writes an event into the book.
    pub(super) fn take(&self, body: &[u8]) -> Result<(), InvalidEvent> {
        let event = RawEvent::parse(body)?;
        let traceparent = event.traceparent.clone();
        let trace = traceparent.as_deref();
        let mut book = self.book();
        match event.kind.as_str() {
            OrderAmended::TYPE => book.amend(event.read::<OrderAmended>()?.data.order, trace, Instant::now()),
            OrderCancelled::TYPE => book.cancel(&event.read::<OrderCancelled>()?.data.number),
            _ => book.release(event.read::<OrderReleased>()?.data, trace, Instant::now()),
        }
        Ok(())
    }
}
