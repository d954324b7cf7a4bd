//! Consumer: from 'shipment dispatched' to a shipment on the shop's order, and from 'shipment voided' back. From 'other lines are
//! wanted' to the order's last status, if what has left is all that is wanted by now.

mod alone;
mod announce_promise;
mod by_order;
mod consignments;
mod in_order;
mod take_back;
mod told;
mod write_shipment;

use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::{Classify, Mend, OrderNumber};
use crossdock_events::{EventData, OrderWanted, ShipmentDispatched, ShipmentVoided};
use crossdock_ledger::{Busy, Happening, Ledger, LedgerError, OrderRecord};
use crossdock_queue::{Delivery, Failure, Handler, Outcome, Publisher, Route, Turn, WorkQueue};
use crossdock_storefront::Shops;
use crossdock_telemetry::Trace;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use jiff::Timestamp;
use tracing::Instrument as _;

pub use alone::DOUBT_SECS;
use announce_promise::announce;
use by_order::{Placed, by_order};
use in_order::{falls, in_order};
use take_back::TakeBack;
use told::{Told, order_of};
use write_shipment::{AWAITS_VOID, WriteShipment};

/// The role's name, in settings, logs, timelines and dead letters.
pub const ROLE: &str = "tracking-writer";

/// Most orders of a shop that are worked on at once. The shop answers each of them as fast as it does one alone, and its limits are kept
/// by whoever calls it.
const ORDERS_AT_ONCE: usize = 4;

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

    /// One after the other: the messages of one order are handled in the order in which they came.
    async fn handle_order(&self, messages: Vec<Placed<'_>>, turn: Turn) -> Vec<(usize, Outcome)> {
        let mut failed = None;
        let mut outcomes = Vec::with_capacity(messages.len());
        for (place, delivery) in messages {
            let outcome = match turn.go_on() {
                Ok(()) => Box::pin(self.handle_in_turn(delivery, &mut failed)).await.into(),
                Err(rest) => Outcome::Failed(rest.into()),
            };
            outcomes.push((place, outcome));
        }
        outcomes
    }

    /// Handles a message, unless one of the same order before it, which `failed`, is to be tried again: then it waits as that does.
    async fn handle_in_turn(&self, delivery: &Delivery, failed: &mut Option<Failure>) -> Result<(), Failure> {
        let result = match failed.as_ref().filter(|earlier| earlier.mend != Mend::Never) {
            Some(earlier) => {
                self.put_down(delivery).await;
                Err(earlier.clone())
            }
            None => Box::pin(self.handle_now(delivery)).await,
        };
        // What waits for a void does not keep that back.
        if let Err(failure) = &result
            && failure.class != AWAITS_VOID
        {
            *failed = Some(failure.clone());
        }
        result
    }

    /// What waits is put down all the same: what comes meanwhile may go first, and is to find its units taken, or open again. Best effort:
    /// it is put down in any case when it comes back.
    async fn put_down(&self, delivery: &Delivery) {
        let put_down = match Told::read(delivery) {
            Ok(Told::Dispatched(event)) => self.write_shipment.put_down(&event).await.map(drop),
            Ok(Told::Voided(event)) => self.take_back.put_down(&event).await.map(drop),
            Ok(Told::Wanted(_)) | Err(_) => Ok(()),
        };
        if let Err(error) = put_down {
            let id = delivery.identity();
            tracing::debug!(message.id = id, "a message that waits could not be put down yet: {error}");
        }
    }

    async fn handle_now(&self, delivery: &Delivery) -> Result<(), Failure> {
        match Told::read(delivery) {
            Ok(told) => {
                let trace = Trace::of([told.traceparent()]);
                self.handle_one(&told, delivery).instrument(trace.span()).await
            }
            Err(unreadable) => {
                self.lies(delivery).await?;
                Err(unreadable)
            }
        }
    }

    /// From now on the order's later messages wait behind this one. Nothing waits for one that names no order.
    async fn lies(&self, delivery: &Delivery) -> Result<(), LedgerError> {
        match order_of(delivery) {
            Ok(number) => falls(self.ledger.as_ref(), delivery, &number).await,
            Err(_) => Ok(()),
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
        let number = order_of(delivery)?;
        let order = self.ledger.order_by_number(&number).await?;
        // What is about an order that is not known is kept in order too.
        let lane = order.map(|order| order.store.to_string()).unwrap_or_default();
        Ok(Route { lane, subject: Some(number.to_string()) })
    }

    async fn falls(&self, delivery: &Delivery, _route: &Route, _failure: &Failure) -> Result<(), Failure> {
        Ok(self.lies(delivery).await?)
    }

    /// Orders side by side. What a slow shop leaves no time for comes back.
    async fn handle(&self, _lane: &str, batch: Vec<Delivery>) -> Vec<Outcome> {
        let turn = Turn::begin();
        let orders: Vec<_> =
            by_order(&batch).into_iter().map(|messages| self.handle_order(messages, turn).boxed()).collect();
        let answers: Vec<_> = stream::iter(orders).buffer_unordered(ORDERS_AT_ONCE).collect().await;
        let mut outcomes: Vec<(usize, Outcome)> = answers.into_iter().flatten().collect();
        outcomes.sort_unstable_by_key(|(place, _)| *place);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }
}
