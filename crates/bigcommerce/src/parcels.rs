//! Which units of which of the order's lines a consignment carries, by shipping address.

use crossdock_domain::PackedLine;
use crossdock_storefront::{Dispatch, StorefrontError};

use crate::line_items::OrderProduct;
use crate::shipment::{ShippedItem, ShopShipment, units_of};

/// The part of a consignment that goes to one address: BigCommerce has one shipment for each.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parcel {
    pub(crate) order_address_id: u64,
    pub(crate) items: Vec<ShippedItem>,
}

/// What is still to be written of a consignment, of which `ours` stands at the shop already.
///
/// A SKU is matched to the order's open units line by line, as several lines may carry it: first to the line that the warehouse names,
/// as far as it has units open, then to all in their order; refunded units come last, as a parcel may have left before the refund.
/// Lines without a shipping address (collected by the buyer) cannot have a shipment and yield no parcel.
///
/// # Errors
/// [`StorefrontError::Misfit`] if the order lacks the SKU or has fewer units of it open.
pub(crate) fn missing_parcels(
    dispatch: &Dispatch,
    products: &[OrderProduct],
    ours: &[&ShopShipment],
) -> Result<Vec<Parcel>, StorefrontError> {
    let mut parcels: Vec<Parcel> = Vec::new();
    for (sku, units) in units_of(&dispatch.lines) {
        let lines = || products.iter().filter(|product| product.sku == sku && product.is_physical());
        let wanted = units.saturating_sub(sum(lines().map(|line| units_in(ours, line.id))));
        let open = sum(lines().map(open_units));
        if wanted > open {
            return Err(misfit(dispatch, sku, lines().next().is_some(), wanted, open));
        }
        let named = |line: &OrderProduct| {
            named_units(dispatch, line).saturating_sub(units_in(ours, line.id)).min(open_units(line))
        };
        let taken = take(wanted, &lines().collect::<Vec<_>>(), &[&named, &unrefunded_units, &open_units]);
        for (line, taken) in lines().zip(taken) {
            add(&mut parcels, line, taken);
        }
    }
    parcels.retain(|parcel| parcel.order_address_id != 0);
    Ok(parcels)
}

/// Up to `wanted` units of these lines: each is filled up to the first ceiling before any is filled up to the next.
fn take(mut wanted: u32, lines: &[&OrderProduct], ceilings: &[&dyn Fn(&OrderProduct) -> u32]) -> Vec<u32> {
    let mut taken = vec![0; lines.len()];
    for ceiling in ceilings {
        for (line, taken) in lines.iter().zip(&mut taken) {
            let more = wanted.min(ceiling(line).saturating_sub(*taken));
            *taken += more;
            wanted -= more;
        }
    }
    taken
}

/// What the warehouse says is of this very line.
fn named_units(dispatch: &Dispatch, product: &OrderProduct) -> u32 {
    let id = product.id.to_string();
    let names = |line: &&PackedLine| {
        line.sku.as_str() == product.sku && line.line_id.as_ref().is_some_and(|named| named.as_str() == id)
    };
    sum(dispatch.shipment.lines.iter().flatten().filter(names).map(|line| line.quantity))
}

fn sum(units: impl Iterator<Item = u32>) -> u32 {
    units.fold(0, u32::saturating_add)
}

fn units_in(shipments: &[&ShopShipment], order_product_id: u64) -> u32 {
    let items = shipments.iter().flat_map(|shipment| &shipment.items);
    sum(items.filter(|item| item.order_product_id == order_product_id).map(|item| item.quantity))
}

fn open_units(line: &OrderProduct) -> u32 {
    line.quantity.saturating_sub(line.quantity_shipped)
}

fn unrefunded_units(line: &OrderProduct) -> u32 {
    open_units(line).saturating_sub(line.quantity_refunded)
}

fn add(parcels: &mut Vec<Parcel>, line: &OrderProduct, quantity: u32) {
    if quantity == 0 {
        return;
    }
    let item = ShippedItem { order_product_id: line.id, quantity };
    match parcels.iter_mut().find(|parcel| parcel.order_address_id == line.order_address_id) {
        Some(parcel) => parcel.items.push(item),
        None => parcels.push(Parcel { order_address_id: line.order_address_id, items: vec![item] }),
    }
}

fn misfit(dispatch: &Dispatch, sku: &str, known: bool, wanted: u32, open: u32) -> StorefrontError {
    let order = &dispatch.order_id;
    let what_to_do = "correct the shipment, or the order at the shop, and replay";
    let reason = if known {
        format!("{wanted} of SKU '{sku}' left the warehouse, but order {order} has {open} open; {what_to_do}")
    } else {
        format!("order {order} has no line with SKU '{sku}'; {what_to_do}")
    };
    StorefrontError::Misfit { reason }
}

#[cfg(test)]
mod tests;
