//! Consumer: from 'shipment dispatched' to a shipment on the shop's order.

mod write_shipment;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::{Classify, Mend, OrderNumber, ShipmentId, StoreId};
use crossdock_events::{Event, EventData, InvalidEvent, RawEvent, ShipmentDispatched, ShipmentVoided};
use crossdock_ledger::{Ledger, LedgerError};
use crossdock_queue::{Delivery, Failure, Handler, Outcome, Route, WorkQueue};
use crossdock_storefront::Shops;

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
}

/// A shipment that is to be taken back.
#[derive(Debug, thiserror::Error)]
#[error(
    "taking shipment {0} back at the shop is not supported yet; take it back there by hand, then discard this message"
)]
struct VoidUnsupported(ShipmentId);

impl Classify for VoidUnsupported {
    fn mend(&self) -> Mend {
        Mend::Never
    }

    fn class(&self) -> &'static str {
        "shipment-void-unsupported"
    }
}

impl TrackingWriter {
    /// Over these shops and this ledger.
    pub fn new(shops: Shops, ledger: Arc<dyn Ledger>) -> Self {
        Self { ledger: ledger.clone(), write_shipment: WriteShipment { shops, ledger } }
    }

    /// The shop whose order has this number: shipments name only the number.
    async fn store_of(&self, number: &OrderNumber) -> Result<StoreId, LedgerError> {
        let order = self.ledger.order_by_number(number).await?;
        order.map(|order| order.store).ok_or_else(|| LedgerError::NoSuchOrder(number.clone()))
    }

    /// Handles a message, unless one of the same order before it is to be tried again: then it waits as that does.
    async fn handle_in_turn(
        &self,
        store: &StoreId,
        told: &Told,
        attempt: u32,
        failed: &mut HashMap<OrderNumber, Failure>,
    ) -> Result<(), Failure> {
        let result = match failed.get(told.number()) {
            Some(earlier) if earlier.mend != Mend::Never => Err(earlier.clone()),
            _ => self.handle_one(store, told, attempt).await,
        };
        if let Err(failure) = &result {
            failed.insert(told.number().clone(), failure.clone());
        }
        result
    }

    async fn handle_one(&self, store: &StoreId, told: &Told, attempt: u32) -> Result<(), Failure> {
        match told {
            Told::Dispatched(event) => self.write_shipment.handle(store, event, attempt).await,
            Told::Voided(event) => Err(VoidUnsupported(event.data.shipment_id.clone()).into()),
        }
    }
}

/// What the warehouse told of a shipment.
enum Told {
    Dispatched(Event<ShipmentDispatched>),
    Voided(Event<ShipmentVoided>),
}

impl Told {
    fn read(delivery: &Delivery) -> Result<Self, Failure> {
        let event = RawEvent::parse(&delivery.body)?;
        match event.kind.as_str() {
            ShipmentDispatched::TYPE => Ok(Self::Dispatched(event.read()?)),
            ShipmentVoided::TYPE => Ok(Self::Voided(event.read()?)),
            _ => Err(InvalidEvent::Misrouted { kind: event.kind, role: ROLE }.into()),
        }
    }

    fn number(&self) -> &OrderNumber {
        match self {
            Self::Dispatched(event) => &event.data.number,
            Self::Voided(event) => &event.data.number,
        }
    }
}

#[async_trait]
impl Handler for TrackingWriter {
    async fn route(&self, delivery: &Delivery) -> Result<Route, Failure> {
        let told = Told::read(delivery)?;
        let store = self.store_of(told.number()).await?;
        Ok(Route { lane: store.to_string(), subject: Some(told.number().to_string()) })
    }

    /// One after the other: the shipments of an order are written in the order in which they left.
    async fn handle(&self, lane: &str, batch: Vec<Delivery>) -> Vec<Outcome> {
        let store: StoreId = lane.parse().expect("route names lanes by store ids");
        let mut failed: HashMap<OrderNumber, Failure> = HashMap::new();
        let mut outcomes = Vec::with_capacity(batch.len());
        for delivery in &batch {
            let result = match Told::read(delivery) {
                Ok(told) => self.handle_in_turn(&store, &told, delivery.attempt, &mut failed).await,
                Err(failure) => Err(failure),
            };
            outcomes.push(result.into());
        }
        outcomes
    }
}
