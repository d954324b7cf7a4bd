//! Consumer: from 'shipment dispatched' to a shipment on the shop's order.

mod write_shipment;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::{Classify, Mend, OrderNumber, StoreId};
use crossdock_events::{EventData, RawEvent, ShipmentDispatched, ShipmentVoided};
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

/// A message that nothing here can carry out.
#[derive(Debug, thiserror::Error)]
enum Unworkable {
    #[error(
        "messages of type '{0}' are not for the tracking-writer; remove the binding that brought it here"
    )]
    Misrouted(String),
    #[error(
        "taking shipment {0} back at the shop is not supported yet; take it back there by hand, then discard this message"
    )]
    Void(String),
}

impl Classify for Unworkable {
    fn mend(&self) -> Mend {
        match self {
            Self::Misrouted(_) | Self::Void(_) => Mend::Never,
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Misrouted(_) => "event-misrouted",
            Self::Void(_) => "shipment-void-unsupported",
        }
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

    async fn handle_one(&self, store: &StoreId, delivery: &Delivery) -> Result<(), Failure> {
        let event = RawEvent::parse(&delivery.body)?;
        match event.kind.as_str() {
            ShipmentDispatched::TYPE => {
                self.write_shipment.handle(store, &event.read()?, delivery.attempt).await
            }
            ShipmentVoided::TYPE => {
                let voided = event.read::<ShipmentVoided>()?.data;
                Err(Unworkable::Void(voided.shipment_id.to_string()).into())
            }
            other => Err(Unworkable::Misrouted(other.to_owned()).into()),
        }
    }
}

#[async_trait]
impl Handler for TrackingWriter {
    async fn route(&self, delivery: &Delivery) -> Result<Route, Failure> {
        let event = RawEvent::parse(&delivery.body)?;
        let number = match event.kind.as_str() {
            ShipmentDispatched::TYPE => event.read::<ShipmentDispatched>()?.data.number,
            ShipmentVoided::TYPE => event.read::<ShipmentVoided>()?.data.number,
            other => return Err(Unworkable::Misrouted(other.to_owned()).into()),
        };
        let store = self.store_of(&number).await?;
        Ok(Route { lane: store.to_string(), subject: Some(number.to_string()) })
    }

    /// One after the other: the shipments of an order are written in the order in which they left. Once one fails, those of
    /// the same order behind it wait as it does.
    async fn handle(&self, lane: &str, batch: Vec<Delivery>) -> Vec<Outcome> {
        let store: StoreId = lane.parse().expect("route names lanes by store ids");
        let mut failed: HashMap<String, Failure> = HashMap::new();
        let mut outcomes = Vec::with_capacity(batch.len());
        for delivery in &batch {
            let number =
                RawEvent::parse(&delivery.body).ok().and_then(|event| event.subject).unwrap_or_default();
            let result = match failed.get(&number) {
                Some(earlier) if earlier.mend != Mend::Never => Err(earlier.clone()),
                _ => self.handle_one(&store, delivery).await,
            };
            if let Err(failure) = &result {
                failed.insert(number, failure.clone());
            }
            outcomes.push(result.into());
        }
        outcomes
    }
}
