//! Takes a shipment that has not left after all back from the shop's order.
//!
//! In       `warehouse.shipment.voided`
//! Effects  the shipment is gone at the shop, then the order's status is what it was, then a line in the timeline
//! Replay   safe: the ledger knows what is voided, one process at a time writes to an order, and reads it at the shop first
//!
//! A void that comes before its shipment stands: the shipment is never written. A voided id is not used again.

use std::sync::Arc;

use crossdock_domain::{Classify, Mend, ShipmentId};
use crossdock_events::{Event, ShipmentVoided};
use crossdock_ledger::{Happening, Ledger, LedgerError, OrderRecord, ShipmentRecord, ShipmentState};
use crossdock_queue::Failure;
use crossdock_storefront::{Shops, StorefrontError, TakeBack as TakeBackAtShop, TakenBack};
use jiff::Timestamp;

use crate::ROLE;
use crate::alone::alone;
use crate::consignments::Consignments;

pub(crate) struct TakeBack {
    pub(crate) shops: Shops,
    pub(crate) ledger: Arc<dyn Ledger>,
}

/// The shop will not take a shipment back, or not the status that came with it.
#[derive(Debug, thiserror::Error)]
#[error(
    "shipment {shipment} was voided, but the shop refuses to {step}; do that there by hand, then replay this message"
)]
struct NotTakenBack {
    shipment: ShipmentId,
    step: String,
    #[source]
    cause: Box<StorefrontError>,
}

impl Classify for NotTakenBack {
    fn mend(&self) -> Mend {
        Mend::Never
    }

    fn class(&self) -> &'static str {
        "shipment-void-refused"
    }
}

impl TakeBack {
    pub(crate) async fn handle(
        &self,
        order: &OrderRecord,
        event: &Event<ShipmentVoided>,
    ) -> Result<(), Failure> {
        let voided = self.put_down(event).await?;
        if voided.is_none_or(|it| it.state != ShipmentState::Voiding) {
            return Ok(());
        }
        alone(self.ledger.as_ref(), order, self.undo(order, &event.data.shipment_id, &event.kind)).await
    }

    /// Its units are open again from now on.
    pub(crate) async fn put_down(
        &self,
        event: &Event<ShipmentVoided>,
    ) -> Result<Option<ShipmentRecord>, LedgerError> {
        let ShipmentVoided { shipment_id, number } = &event.data;
        self.ledger.void_shipment(number, shipment_id, &was_voided(event)).await
    }

    async fn undo(&self, order: &OrderRecord, id: &ShipmentId, cause: &str) -> Result<(), Failure> {
        let shop = self.shops.get(&order.store)?;
        let all = Consignments::read(self.ledger.as_ref(), order, id).await?;
        let Some(voiding) = all.this.clone().filter(|it| it.state == ShipmentState::Voiding) else {
            return Ok(());
        };
        let tracking_number = voiding.shipment.tracking_number.clone();
        let taken = match shop.storefront.take_back(&at_shop(voiding, &all)).await {
            Ok(taken) => taken,
            Err(StorefrontError::StepRefused { step, cause }) => {
                return Err(NotTakenBack { shipment: id.clone(), step, cause }.into());
            }
            Err(error) => return Err(error.into()),
        };
        let happening = is_taken_back(id, &tracking_number, &taken, cause);
        self.ledger.shipment_voided(id, &happening).await?;
        tracing::info!(store.id = %order.store, order.number = %order.number, shipment.id = %id, "{}", happening.what);
        Ok(())
    }
}

fn at_shop(voiding: ShipmentRecord, all: &Consignments) -> TakeBackAtShop {
    // While it could not be taken back, all of the order may have left with others: its status is theirs then.
    let completed_again = all.others.iter().any(|other| other.state.counts() && other.completes);
    let ShipmentRecord { order_id, shipment, former, completes, shop_shipments, status_before, .. } = voiding;
    TakeBackAtShop {
        order_id,
        shipment,
        former,
        shop_shipments,
        others: all.that_left(),
        completed: completes && !completed_again,
        status_before,
    }
}

fn was_voided(event: &Event<ShipmentVoided>) -> Happening {
    let id = &event.data.shipment_id;
    Happening {
        key: format!("{id}/voided"),
        at: event.time.unwrap_or_else(Timestamp::now),
        role: "warehouse",
        what: format!("shipment {id} has not left after all"),
        cause: event.kind.clone(),
    }
}

fn is_taken_back(id: &ShipmentId, tracking_number: &str, taken: &TakenBack, cause: &str) -> Happening {
    let verb = if taken.wrote { "taken back at the shop" } else { "did not stand at the shop" };
    Happening {
        key: format!("{id}/taken back"),
        at: Timestamp::now(),
        role: ROLE,
        what: format!("tracking {tracking_number} {verb}; its status there is {}", taken.order_status),
        cause: cause.to_owned(),
    }
}
