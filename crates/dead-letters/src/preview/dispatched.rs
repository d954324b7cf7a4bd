//! `warehouse.shipment.dispatched`: a consignment's tracking number is written to the shop's order.

use std::collections::BTreeMap;

use crossdock_domain::{PackedLine, Shipment, ShippedLine, ShopOrder, ShopStatus, Sku};
use crossdock_events::{Event, ShipmentDispatched};
use crossdock_ledger::{OrderRecord, OrderState, ShipmentRecord, ShipmentState};

use super::access::Access;
use super::consignment::{consignment, same_label};
use super::foresight::{ForecastVerdict, Foresight, Halt};
use super::known::Known;
use super::letter::Letter;

/// Ecwid's fulfilment statuses of an order whose buyer was told that it is on its way.
///
/// Source: Ecwid's help, 'Order Shipped': sent when a tracking number is assigned or the status is changed to 'Shipped' (read 2026-11).
const ON_ITS_WAY: [&str; 3] = ["SHIPPED", "OUT_FOR_DELIVERY", "DELIVERED"];

pub(super) async fn foresee(
    known: &Known<'_>,
    letter: &Letter,
    event: &Event<ShipmentDispatched>,
) -> Result<Foresight, Halt> {
    let shipment = &event.data;
    let record = known.released(&shipment.number)?;
    let stands = consignment(known, record, &shipment.shipment_id).await?;
    if let Some(foresight) = told_before(letter, shipment, record, stands.as_ref()) {
        return Ok(foresight);
    }
    known.open_shop(&record.store, Access::WRITE_ORDERS)?;
    let order = Known::readable(&record.store, known.order(&record.store, &record.order_id))?;
    if letter.entry.class == "shipment-misfit" {
        let packed = match (&shipment.lines, &stands) {
            (Some(named), _) => units(named.iter().map(PackedLine::units)),
            (None, stands) => units(stands.iter().flat_map(|it| &it.lines).map(ShippedLine::units)),
        };
        fits(packed, order)?;
    }
    Ok(at_the_shop(letter, shipment, stands.as_ref(), order))
}

/// What follows from what the ledger knows of the consignment already.
fn told_before(
    letter: &Letter,
    shipment: &Shipment,
    record: &OrderRecord,
    stands: Option<&ShipmentRecord>,
) -> Option<Foresight> {
    let id = &shipment.shipment_id;
    if letter.failed_as("shipment-id-reused") {
        return Some(Foresight::fails_again(format!("another order's consignment has the id {id}")));
    }
    let Some(stands) = stands else {
        let nothing_open = shipment.lines.is_none() && record.state == OrderState::Shipped;
        return nothing_open.then(|| Foresight::fails_again("everything in the order has left already"));
    };
    if !stands.state.counts() {
        let says = format!("consignment {id} was voided");
        let again = letter.failed_as("shipment-voided");
        return Some(if again { Foresight::fails_again(says) } else { Foresight::superseded(says) });
    }
    if let Some(named) = &shipment.lines
        && units(named.iter().map(PackedLine::units)) != units(stands.lines.iter().map(ShippedLine::units))
    {
        return Some(Foresight::fails_again(format!("consignment {id} was told before with other lines")));
    }
    let tracking = &stands.shipment.tracking_number;
    if same_label(&stands.shipment, shipment) {
        let done = stands.state == ShipmentState::Done;
        return done.then(|| Foresight::already_done(format!("tracking {tracking} is at the shop already")));
    }
    let is_former = stands.former.iter().any(|former| same_label(former, shipment));
    is_former.then(|| Foresight::superseded(format!("a newer label stands: tracking {tracking}")))
}

/// What follows from the order as the shop has it.
fn at_the_shop(
    letter: &Letter,
    shipment: &Shipment,
    stands: Option<&ShipmentRecord>,
    order: &ShopOrder,
) -> Foresight {
    let tracking = &shipment.tracking_number;
    if let Some(reason) = order.status.cancellation() {
        return Foresight::cancelled_since(format!("{reason}, though {} has left", shipment.shipment_id));
    }
    if stands.is_some_and(|it| !it.shop_shipments.is_empty() || !it.former.is_empty()) {
        let says = format!("its label becomes {tracking}; the shop may mail the buyer again");
        return Foresight::new(ForecastVerdict::BuyerMailedAgain, says);
    }
    if let ShopStatus::PaymentAndFulfillment { fulfillment, .. } = &order.status
        && ON_ITS_WAY.contains(&fulfillment.as_str())
    {
        let says = format!("the order is {fulfillment} there; another tracking number is another mail");
        return Foresight::new(ForecastVerdict::BuyerMailedAgain, says);
    }
    if order.lines.iter().filter(|line| line.is_packed()).all(|line| line.shipped >= line.quantity) {
        return Foresight::unknown(
            "all has shipped at the shop; done if by this tracking number, else refused",
        );
    }
    let says = format!("tracking {tracking} is written to order {}", order.order_id);
    letter.unless_unsure(Foresight::goes_through(says))
}

/// Stops at a SKU of which the shop's order cannot take as many units.
fn fits(packed: BTreeMap<&Sku, u64>, order: &ShopOrder) -> Result<(), Foresight> {
    for (sku, wanted) in packed {
        let mut of_it = order.lines.iter().filter(|line| line.sku == *sku).peekable();
        if of_it.peek().is_none() {
            return Err(Foresight::fails_again(format!("the shop's order has no {sku}")));
        }
        let open: u64 = of_it.map(|line| u64::from(line.quantity.saturating_sub(line.shipped))).sum();
        if wanted > open {
            return Err(Foresight::fails_again(format!(
                "{wanted} of {sku} have left, {open} are open at the shop"
            )));
        }
    }
    Ok(())
}

fn units<'l>(lines: impl Iterator<Item = (&'l Sku, u32)>) -> BTreeMap<&'l Sku, u64> {
    let mut units = BTreeMap::new();
    for (sku, quantity) in lines {
        *units.entry(sku).or_default() += u64::from(quantity);
    }
    units
}
