//! Consumer: from 'shipment dispatched' to a shipment on the shop's order, and from 'shipment voided' back. From 'other lines are
//! wanted' to the order's last status, if what has left is all that is wanted by now.

mod alone;
mod announce_promise;
mod consignments;
mod in_order;
mod take_back;
mod told;
mod write_shipment;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::{Classify, Mend, OrderNumber};
use crossdock_events::{EventData, OrderWanted, ShipmentDispatched, ShipmentVoided};
use crossdock_ledger::{Busy, Happening, Ledger, LedgerError, OrderRecord};
use crossdock_queue::{Delivery, Failure, Handler, Outcome, Publisher, Route, Turn, WorkQueue};
use crossdock_storefront::Shops;
use crossdock_telemetry::Trace;
use jiff::Timestamp;
use tracing::Instrument as _;

pub use alone::DOUBT_SECS;
use announce_promise::announce;
use in_order::{falls, in_order};
use take_back::TakeBack;
use told::Told;
use write_shipment::{AWAITS_VOID, WriteShipment};

/// The role's name, in settings, logs, timelines and dead letters.
pub const ROLE: &str = "tracking-writer";

/// Where its work comes from.
pub const QUEUE: WorkQueue = WorkQueue {
    name: "crossdock.tracking-writer",
    role: ROLE,
    keys: &[ShipmentDispatched::TYPE, ShipmentVoided::TYPE, OrderWanted::TYPE],
};

/// Handles one message type in each field.
pub struct TrackingWriter {
    ledger: Arc<dyn Ledger>,
    write_shipment: WriteShipment,
    take_back: TakeBack,
    publisher: Option<Publisher>,
}

impl TrackingWriter {
    /// Over these shops and this ledger.
    pub fn new(shops: Shops, ledger: Arc<dyn Ledger>) -> Self {
        let take_back = TakeBack { shops: shops.clone(), ledger: ledger.clone() };
        let write_shipment = WriteShipment { shops, ledger: ledger.clone() };
        Self { ledger, write_shipment, take_back, publisher: None }
    }

    /// Whoever computes stock is told of parcels that change what is promised.
    #[must_use]
    pub fn announcing(self, publisher: Publisher) -> Self {
        Self { publisher: Some(publisher), ..self }
    }

    /// The order of a shipment: shipments name only its number.
    async fn order(&self, number: &OrderNumber) -> Result<OrderRecord, LedgerError> {
        let order = self.ledger.order_by_number(number).await?;
        order.ok_or_else(|| LedgerError::NoSuchOrder(number.clone()))
    }

    /// Handles a message, unless one of the same order before it is to be tried again: then it waits as that does.
    async fn handle_in_turn(
        &self,
        delivery: &Delivery,
        failed: &mut HashMap<OrderNumber, Failure>,
    ) -> Result<(), Failure> {
        let told = Told::read(delivery)?;
        let result = match failed.get(told.number()) {
            Some(earlier) if earlier.mend != Mend::Never => {
                self.put_down(&told).await;
                Err(earlier.clone())
            }
            _ => {
                let trace = Trace::of([told.traceparent()]);
                self.handle_one(&told, delivery).instrument(trace.span()).await
            }
        };
        // What waits for a void does not keep that back.
        if let Err(failure) = &result
            && failure.class != AWAITS_VOID
        {
            failed.insert(told.number().clone(), failure.clone());
        }
        result
    }

    /// What waits is put down all the same: what comes meanwhile may go first, and is to find its units taken, or open again. Best effort:
    /// it is put down in any case when it comes back.
    async fn put_down(&self, told: &Told) {
        let put_down = match told {
            Told::Dispatched(event) => self.write_shipment.put_down(event).await.map(drop),
            Told::Voided(event) => self.take_back.put_down(event).await.map(drop),
            Told::Wanted(_) => Ok(()),
        };
        if let Err(error) = put_down {
            tracing::debug!(order.number = %told.number(), "a message that waits could not be put down yet: {error}");
        }
    }

    async fn handle_one(&self, told: &Told, delivery: &Delivery) -> Result<(), Failure> {
        let order = self.order(told.number()).await?;
        let work = async {
            match told {
                Told::Dispatched(event) => self.write_shipment.handle(&order, event).await,
                Told::Voided(event) => self.take_back.handle(&order, event).await,
                Told::Wanted(event) => self.write_shipment.complete(&order, event).await,
            }
        };
        let result = in_order(self.ledger.as_ref(), delivery, told.number(), work).await;
        if let Some(publisher) = &self.publisher {
            announce(publisher, &order, told, Trace::of([told.traceparent()]).parent()).await;
        }
        if let Err(failure) = &result
            && failure.class != Busy.class()
        {
            self.tell_failure(&order, told, failure, delivery.attempt).await;
        }
        result
    }

    /// Best effort: the failure itself travels with the message.
    async fn tell_failure(&self, order: &OrderRecord, told: &Told, failure: &Failure, attempt: u32) {
        let happening = Happening {
            key: format!("{}/failed/{attempt}/{}", told.identity(), failure.class),
            at: Timestamp::now(),
            role: ROLE,
            what: format!("{}: {}", told.undone(), failure.chain),
            cause: told.kind().to_owned(),
        };
        if let Err(error) = self.ledger.tell(&order.store, &order.order_id, &happening).await {
            let (store, order) = (&order.store, &order.order_id);
            tracing::warn!(store.id = %store, order.id = %order, "the timeline could not be written: {error}");
        }
    }
}

#[async_trait]
impl Handler for TrackingWriter {
    async fn route(&self, delivery: &Delivery) -> Result<Route, Failure> {
        let told = Told::read(delivery)?;
        let order = self.ledger.order_by_number(told.number()).await?;
        // What is about an order that is not known is kept in order too.
        let lane = order.map(|order| order.store.to_string()).unwrap_or_default();
        Ok(Route { lane, subject: Some(told.number().to_string()) })
    }

    async fn falls(&self, delivery: &Delivery, _route: &Route, _failure: &Failure) -> Result<(), Failure> {
        // One that cannot be read is about no order.
        let Ok(told) = Told::read(delivery) else { return Ok(()) };
        Ok(falls(self.ledger.as_ref(), delivery, told.number()).await?)
    }

    /// One after the other: the shipments of one order are written in the order in which they came. What a slow shop leaves no time for
    /// comes back.
    async fn handle(&self, _lane: &str, batch: Vec<Delivery>) -> Vec<Outcome> {
        let turn = Turn::begin();
        let mut failed = HashMap::new();
        let mut outcomes = Vec::with_capacity(batch.len());
        for delivery in &batch {
            let outcome = match turn.go_on() {
                Ok(()) => Box::pin(self.handle_in_turn(delivery, &mut failed)).await.into(),
                Err(rest) => Outcome::Failed(rest.into()),
            };
            outcomes.push(outcome);
        }
        outcomes
    }
}
