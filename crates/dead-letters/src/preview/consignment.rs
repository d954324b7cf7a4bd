//! A consignment, as the ledger knows it.

use crossdock_domain::{Shipment, ShipmentId};
use crossdock_ledger::{OrderRecord, ShipmentRecord};

use super::foresight::Halt;
use super::known::Known;

/// The consignment of this id; none if it was never told, or not put down.
pub(super) async fn consignment(
    known: &Known<'_>,
    record: &OrderRecord,
    id: &ShipmentId,
) -> Result<Option<ShipmentRecord>, Halt> {
    let all = known.ledger.shipments(&record.store, &record.order_id).await?;
    Ok(all.into_iter().find(|one| one.shipment.shipment_id == *id))
}

/// Whether both have the same label on the parcel.
pub(super) fn same_label(one: &Shipment, other: &Shipment) -> bool {
    let label = |it: &Shipment| {
        (it.carrier.clone(), it.service.clone(), it.tracking_number.clone(), it.tracking_url.clone())
    };
    label(one) == label(other)
}
