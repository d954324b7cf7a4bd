//! Writes a dispatched shipment to the shop's order.
//!
//! In       `warehouse.shipment.dispatched`
//! Effects  one shipment at the shop, then the order's status, then a line in the timeline
//! Replay   safe: the ledger is keyed by shipment id, one process at a time writes to an order, and reads it at the shop first

use std::sync::Arc;

use crossdock_domain::{Classify, Mend, Shipment};
use crossdock_events::{Event, ShipmentDispatched};
use crossdock_ledger::{Happening, IntendedShipment, Ledger, OrderRecord, ShipmentState};
use crossdock_queue::Failure;
use crossdock_storefront::{Dispatch, Dispatched, Shops};
use jiff::{SignedDuration, Timestamp};

use crate::ROLE;

/// How long an order belongs to the process that writes to it at the shop, in seconds.
///
/// A process that dies leaves it behind for so long: what it sent last may still be on its way, and whoever reads the shop
/// before it has arrived would write it a second time. Longer than a call may take.
const LEASE_SECS: i64 = 120;

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
        order: &OrderRecord,
        event: &Event<ShipmentDispatched>,
    ) -> Result<(), Failure> {
        let left = left_the_warehouse(&event.data, &event.kind);
        let intended = self.ledger.intend_shipment(&event.data, &left).await?;
        if intended.state == ShipmentState::Done {
            return Ok(());
        }
        if intended.lines.is_empty() {
            return Err(NothingOpen(event.data.shipment_id.to_string()).into());
        }
        let name = format!("dispatch/{}/{}", order.store, order.order_id);
        let now = Timestamp::now();
        let lease =
            self.ledger.lease(&name, now, now + SignedDuration::from_secs(LEASE_SECS)).await?.taken()?;
        let result = self.write(order, intended, &event.kind).await;
        self.ledger.end_lease(&lease).await?;
        result
    }

    async fn write(
        &self,
        order: &OrderRecord,
        intended: IntendedShipment,
        cause: &str,
    ) -> Result<(), Failure> {
        let shop = self.shops.get(&order.store)?;
        let IntendedShipment { order_id, shipment, lines, completes, .. } = intended;
        let dispatch = Dispatch { order_id, shipment, lines, completes };
        let dispatched = shop.storefront.dispatch(&dispatch).await?;
        let happening = stands_at_the_shop(&dispatch.shipment, &dispatched, cause);
        let Shipment { shipment_id, number, .. } = &dispatch.shipment;
        self.ledger.shipment_done(shipment_id, &dispatched.shop_shipments, &happening).await?;
        tracing::info!(store.id = %order.store, order.number = %number, shipment.id = %shipment_id, "{}", happening.what);
        Ok(())
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

fn stands_at_the_shop(shipment: &Shipment, dispatched: &Dispatched, cause: &str) -> Happening {
    let verb = if dispatched.wrote { "written to the shop" } else { "stood at the shop already" };
    Happening {
        key: format!("{}/done", shipment.shipment_id),
        at: Timestamp::now(),
        role: ROLE,
        what: format!(
            "tracking {} {verb}; its status there is {}",
            shipment.tracking_number, dispatched.order_status
        ),
        cause: cause.to_owned(),
    }
}
