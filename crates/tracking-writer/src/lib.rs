//! Consumer: from 'shipment dispatched' to a shipment on the shop's order, and from 'shipment voided' back.

mod alone;
mod consignments;
mod take_back;
mod told;
mod write_shipment;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::{Classify, Mend, OrderNumber};
use crossdock_events::{EventData, ShipmentDispatched, ShipmentVoided};
use crossdock_ledger::{Busy, Happening, Ledger, LedgerError, OrderRecord};
use crossdock_queue::{Delivery, Failure, Handler, Outcome, Route, WorkQueue};
use crossdock_storefront::Shops;
use crossdock_telemetry::Trace;
use jiff::Timestamp;
use tracing::Instrument as _;

use take_back::TakeBack;
use told::Told;
use write_shipment::WriteShipment;

/// The role's name, in settings, logs, timelines and dead letters.
pub const ROLE: &str = "tracking-writer";

/// Where its work comes from.
pub const QUEUE: WorkQueue = WorkQueue {
    name: "crossdock.tracking-writer",
    role: ROLE,
    keys: &[ShipmentDispatched::TYPE, ShipmentVoided::TYPE],
};

/// Handles one message type in each field.
pub struct TrackingWriter {
    ledger: Arc<dyn Ledger>,
    write_shipment: WriteShipment,
    take_back: TakeBack,
}

impl TrackingWriter {
    /// Over these shops and this ledger.
    pub fn new(shops: Shops, ledger: Arc<dyn Ledger>) -> Self {
        let take_back = TakeBack { shops: shops.clone(), ledger: ledger.clone() };
        Self { ledger: ledger.clone(), write_shipment: WriteShipment { shops, ledger }, take_back }
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
            Some(earlier) if earlier.mend != Mend::Never => Err(earlier.clone()),
            _ => {
                let trace = Trace::of([told.traceparent()]);
                self.handle_one(&told, delivery.attempt).instrument(trace.span()).await
            }
        };
        if let Err(failure) = &result {
            failed.insert(told.number().clone(), failure.clone());
        }
        result
    }

    async fn handle_one(&self, told: &Told, attempt: u32) -> Result<(), Failure> {
        let order = self.order(told.number()).await?;
        let result = match told {
            Told::Dispatched(event) => self.write_shipment.handle(&order, event).await,
            Told::Voided(event) => self.take_back.handle(&order, event).await,
        };
        if let Err(failure) = &result
            && failure.class != Busy.class()
        {
            self.tell_failure(&order, told, failure, attempt).await;
        }
        result
    }

    /// Best effort: the failure itself travels with the message.
    async fn tell_failure(&self, order: &OrderRecord, told: &Told, failure: &Failure, attempt: u32) {
        let happening = Happening {
            key: format!("{}/failed/{attempt}/{}", told.event_id(), failure.class),
            at: Timestamp::now(),
            role: ROLE,
            what: format!("shipment {} not {}: {}", told.shipment_id(), told.aim(), failure.chain),
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
        let order = self.order(told.number()).await?;
        Ok(Route { lane: order.store.to_string(), subject: Some(told.number().to_string()) })
    }

    /// One after the other: the shipments of one order are written in the order in which they came.
    async fn handle(&self, _lane: &str, batch: Vec<Delivery>) -> Vec<Outcome> {
        let mut failed = HashMap::new();
        let mut outcomes = Vec::with_capacity(batch.len());
        for delivery in &batch {
            outcomes.push(self.handle_in_turn(delivery, &mut failed).await.into());
        }
        outcomes
    }
}
