//! Writes a dispatched shipment to the shop's order, or its new label.
//!
//! In       `warehouse.shipment.dispatched`; `order.wanted`, if nothing is open by now
//! Effects  one shipment at the shop, then the order's status, then a line in the timeline
//! Replay   safe: the ledger is keyed by shipment id, one process at a time writes to an order, and reads it at the shop first

use std::sync::Arc;

use crossdock_domain::{Classify, Mend, Shipment, ShipmentId};
use crossdock_events::{Event, OrderWanted, ShipmentDispatched};
use crossdock_ledger::{Happening, Ledger, LedgerError, OrderRecord, ShipmentRecord, ShipmentState};
use crossdock_queue::Failure;
use crossdock_storefront::{Dispatch, Dispatched, Shops, StorefrontError};
use jiff::Timestamp;

use crate::ROLE;
use crate::alone::{alone, is_free_of_doubt_since};
use crate::consignments::Consignments;

pub(crate) struct WriteShipment {
    pub(crate) shops: Shops,
    pub(crate) ledger: Arc<dyn Ledger>,
}

/// A shipment without lines of an order of which everything has left.
#[derive(Debug, thiserror::Error)]
#[error(
    "shipment {0} names no lines, but everything in the order has left with earlier shipments; discard it, or send it with lines"
)]
struct NothingOpen(ShipmentId);

impl Classify for NothingOpen {
    fn mend(&self) -> Mend {
        Mend::Never
    }

    fn class(&self) -> &'static str {
        "shipment-empty"
    }
}

/// What a failure is called of which a void is the mend.
pub(crate) const AWAITS_VOID: &str = "shipment-awaits-void";

/// A shipment that does not fit, as long as another one of the order is to be taken back.
#[derive(Debug, thiserror::Error)]
#[error("shipment {voiding} of the order is still to be taken back at the shop; this one waits for it")]
struct InTheWay {
    voiding: ShipmentId,
    #[source]
    cause: StorefrontError,
}

impl Classify for InTheWay {
    fn mend(&self) -> Mend {
        Mend::Wait
    }

    fn class(&self) -> &'static str {
        AWAITS_VOID
    }
}

impl WriteShipment {
    pub(crate) async fn handle(
        &self,
        order: &OrderRecord,
        event: &Event<ShipmentDispatched>,
    ) -> Result<(), Failure> {
        let shipment = &event.data;
        let untold_at = self.untold_at(order, &shipment.shipment_id).await?;
        let intended = self.put_down(event).await?;
        if intended.state != ShipmentState::Intended {
            return Ok(());
        }
        if intended.lines.is_empty() {
            return Err(NothingOpen(shipment.shipment_id.clone()).into());
        }
        let write = self.write(order, &shipment.shipment_id, untold_at, &event.kind);
        alone(self.ledger.as_ref(), order, write).await
    }

    /// Brings an order of which other lines are wanted to its end at the shop, if these have left.
    pub(crate) async fn complete(
        &self,
        order: &OrderRecord,
        event: &Event<OrderWanted>,
    ) -> Result<(), Failure> {
        let ends = Box::pin(async {
            let Some(last) = self.ledger.shipment_to_complete(&order.number).await? else { return Ok(()) };
            let id = &last.shipment.shipment_id;
            if last.state == ShipmentState::Intended {
                return self.write(order, id, None, &event.kind).await;
            }
            let shop = self.shops.get(&order.store)?;
            let all = Consignments::read(self.ledger.as_ref(), order, id).await?;
            let status = Dispatch { completes: true, status_only: true, ..dispatch(last, &all, false) };
            let dispatched = shop.storefront.dispatch(&status).await?;
            let happening = has_ended(event, &dispatched);
            self.ledger.shipment_completed(&status.shipment, &happening).await?;
            tracing::info!(store.id = %order.store, order.number = %order.number, "{}", happening.what);
            Ok(())
        });
        alone(self.ledger.as_ref(), order, ends).await
    }

    /// Its units are taken from now on.
    pub(crate) async fn put_down(
        &self,
        event: &Event<ShipmentDispatched>,
    ) -> Result<ShipmentRecord, LedgerError> {
        self.ledger.intend_shipment(&event.data, &left_the_warehouse(event)).await
    }

    /// A moment at which nobody had put the shipment down, let alone begun to write it; none if somebody has by now.
    async fn untold_at(
        &self,
        order: &OrderRecord,
        id: &ShipmentId,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let now = Timestamp::now();
        let all = Consignments::read(self.ledger.as_ref(), order, id).await?;
        Ok(all.this.is_none().then_some(now))
    }

    async fn write(
        &self,
        order: &OrderRecord,
        id: &ShipmentId,
        untold_at: Option<Timestamp>,
        cause: &str,
    ) -> Result<(), Failure> {
        let first_try = untold_at.is_some_and(is_free_of_doubt_since);
        let shop = self.shops.get(&order.store)?;
        // What was intended may have been written, relabelled or voided before this process came to write to the order.
        let all = Consignments::read(self.ledger.as_ref(), order, id).await?;
        let Some(intended) = all.this.clone().filter(|it| it.state == ShipmentState::Intended) else {
            return Ok(());
        };
        let relabels = intended.former.len();
        let dispatch = dispatch(intended, &all, first_try);
        let dispatched = match shop.storefront.dispatch(&dispatch).await {
            Ok(dispatched) => dispatched,
            Err(misfit @ StorefrontError::Misfit { .. }) => {
                return Err(self.misfit(&dispatch, &all, misfit).await?);
            }
            Err(error) => return Err(error.into()),
        };
        let happening = stands_at_the_shop(&dispatch.shipment, relabels, &dispatched, cause);
        let Shipment { shipment_id, number, .. } = &dispatch.shipment;
        self.ledger.shipment_done(&dispatch.shipment, &dispatched.shop_shipments, &happening).await?;
        tracing::info!(store.id = %order.store, order.number = %number, shipment.id = %shipment_id, "{}", happening.what);
        Ok(())
    }

    /// What does not fit may fit once another consignment is taken back, or with other lines: of one that nobody else began to write,
    /// nothing is at the shop.
    async fn misfit(
        &self,
        dispatch: &Dispatch,
        all: &Consignments,
        cause: StorefrontError,
    ) -> Result<Failure, LedgerError> {
        if let Some(voiding) = all.others.iter().find(|other| other.state == ShipmentState::Voiding) {
            return Ok(InTheWay { voiding: voiding.shipment.shipment_id.clone(), cause }.into());
        }
        if dispatch.first_try {
            let Shipment { number, shipment_id, .. } = &dispatch.shipment;
            self.ledger.withdraw_shipment(number, shipment_id).await?;
        }
        Ok(cause.into())
    }
}

fn dispatch(intended: ShipmentRecord, all: &Consignments, first_try: bool) -> Dispatch {
    let ShipmentRecord { order_id, shipment, former, lines, completes, shop_shipments, .. } = intended;
    let others = all.that_left();
    Dispatch {
        order_id,
        shipment,
        former,
        shop_shipments,
        others,
        lines,
        completes,
        first_try,
        status_only: false,
    }
}

/// Told at the event's own time: of two labels, the one that was told later counts.
fn left_the_warehouse(event: &Event<ShipmentDispatched>) -> Happening {
    let shipment = &event.data;
    Happening {
        key: shipment.shipment_id.to_string(),
        at: event.time.unwrap_or(shipment.dispatched_at),
        role: "warehouse",
        what: format!("left the warehouse by {}, tracking {}", shipment.carrier, shipment.tracking_number),
        cause: event.kind.clone(),
    }
}

fn stands_at_the_shop(
    shipment: &Shipment,
    relabels: usize,
    dispatched: &Dispatched,
    cause: &str,
) -> Happening {
    let verb = if dispatched.wrote { "written to the shop" } else { "stood at the shop already" };
    let times = if relabels == 0 { String::new() } else { format!("/label {relabels}") };
    Happening {
        key: format!("{}/done{times}", shipment.shipment_id),
        at: Timestamp::now(),
        role: ROLE,
        what: format!(
            "tracking {} {verb}; its status there is {}",
            shipment.tracking_number, dispatched.order_status
        ),
        cause: cause.to_owned(),
    }
}

fn has_ended(event: &Event<OrderWanted>, dispatched: &Dispatched) -> Happening {
    let verb = if dispatched.wrote { "is now" } else { "was already" };
    Happening {
        key: format!("{}/ended", event.identity()),
        at: Timestamp::now(),
        role: ROLE,
        what: format!(
            "all that is wanted by now has left; the order's status at the shop {verb} {}",
            dispatched.order_status
        ),
        cause: event.kind.clone(),
    }
}
