//! Writes a dispatched shipment to the shop's order.
//!
//! In       `warehouse.shipment.dispatched`
//! Effects  one shipment at the shop, then the order's status, then a line in the timeline
//! Replay   safe: the ledger is keyed by shipment id, and the shop is read before anything is written to it

use std::sync::Arc;

use crossdock_domain::{Classify, Mend, OrderId, Shipment, StoreId};
use crossdock_events::{Event, ShipmentDispatched};
use crossdock_ledger::{Happening, IntendedShipment, Ledger, ShipmentState};
use crossdock_queue::Failure;
use crossdock_storefront::{Dispatch, Dispatched, Shops};
use jiff::Timestamp;

use crate::ROLE;

pub(crate) struct WriteShipment {
    pub(crate) shops: Shops,
    pub(crate) ledger: Arc<dyn Ledger>,
}

/// A shipment without lines of an order of which everything has left.
#[derive(Debug, thiserror::Error)]
#[error(
    "shipment {0} names no lines, but everything in the order has left with earlier shipments; discard it, or send it with lines"
)]
struct NothingOpen(String);

impl Classify for NothingOpen {
    fn mend(&self) -> Mend {
        Mend::Never
    }

    fn class(&self) -> &'static str {
        "shipment-empty"
    }
}

impl WriteShipment {
    pub(crate) async fn handle(
        &self,
        store: &StoreId,
        event: &Event<ShipmentDispatched>,
        attempt: u32,
    ) -> Result<(), Failure> {
        let shop = self.shops.get(store)?;
        let cause = event.kind.clone();
        let left = left_the_warehouse(&event.data, &cause);
        let intended = self.ledger.intend_shipment(&event.data, &left).await?;
        if intended.state == ShipmentState::Done {
            return Ok(());
        }
        if intended.lines.is_empty() {
            return Err(NothingOpen(event.data.shipment_id.to_string()).into());
        }
        let IntendedShipment { order_id, shipment, lines, completes, .. } = intended;
        let dispatch = Dispatch { order_id, shipment, lines, completes };
        match shop.storefront.dispatch(&dispatch).await {
            Ok(dispatched) => self.done(store, &dispatch, &dispatched, cause).await,
            Err(error) => {
                let failure = error.into();
                self.tell_failure(store, &dispatch, &failure, attempt, cause).await;
                Err(failure)
            }
        }
    }

    async fn done(
        &self,
        store: &StoreId,
        dispatch: &Dispatch,
        dispatched: &Dispatched,
        cause: String,
    ) -> Result<(), Failure> {
        let Shipment { shipment_id, number, tracking_number, .. } = &dispatch.shipment;
        let verb = if dispatched.wrote { "written to the shop" } else { "stood at the shop already" };
        let happening = Happening {
            key: format!("{shipment_id}/done"),
            at: Timestamp::now(),
            role: ROLE,
            what: format!(
                "tracking {tracking_number} {verb}; its status there is {}",
                dispatched.order_status
            ),
            cause,
        };
        self.ledger.shipment_done(shipment_id, &dispatched.shop_shipments, &happening).await?;
        tracing::info!(store.id = %store, order.number = %number, shipment.id = %shipment_id, "{}", happening.what);
        Ok(())
    }

    /// Best effort: the failure itself travels with the message.
    async fn tell_failure(
        &self,
        store: &StoreId,
        dispatch: &Dispatch,
        failure: &Failure,
        attempt: u32,
        cause: String,
    ) {
        let happening = Happening {
            key: format!("{}/failed/{attempt}", dispatch.shipment.shipment_id),
            at: Timestamp::now(),
            role: ROLE,
            what: format!("tracking could not be written: {}", failure.chain),
            cause,
        };
        let order: &OrderId = &dispatch.order_id;
        if let Err(error) = self.ledger.tell(store, order, &happening).await {
            tracing::warn!(store.id = %store, order.id = %order, "the timeline could not be written: {error}");
        }
    }
}

fn left_the_warehouse(shipment: &Shipment, cause: &str) -> Happening {
    Happening {
        key: shipment.shipment_id.to_string(),
        at: shipment.dispatched_at,
        role: "warehouse",
        what: format!("left the warehouse by {}, tracking {}", shipment.carrier, shipment.tracking_number),
        cause: cause.to_owned(),
    }
}
