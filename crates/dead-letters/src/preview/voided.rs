//! `warehouse.shipment.voided`: a consignment is taken back from the shop's order.

use crossdock_events::ShipmentVoided;
use crossdock_ledger::ShipmentState;

use super::access::Access;
use super::consignment::consignment;
use super::foresight::{Foresight, Halt};
use super::known::Known;
use super::letter::Letter;

pub(super) async fn foresee(
    known: &Known<'_>,
    letter: &Letter,
    data: &ShipmentVoided,
) -> Result<Foresight, Halt> {
    let record = known.released(&data.number)?;
    let id = &data.shipment_id;
    if letter.failed_as("shipment-id-reused") {
        return Ok(Foresight::fails_again(format!("another order's consignment has the id {id}")));
    }
    match consignment(known, record, id).await?.map(|it| it.state) {
        None => Ok(Foresight::goes_through(format!("{id} is never written to the shop"))),
        Some(ShipmentState::Voided) => {
            Ok(Foresight::already_done(format!("nothing of {id} stands at the shop")))
        }
        Some(_) => {
            known.open_shop(&record.store, Access::WRITE_ORDERS)?;
            Ok(letter.unless_unsure(Foresight::goes_through(format!("{id} is taken back at the shop"))))
        }
    }
}
