//! Which units of which of the order's lines a consignment carries, by shipping address.

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
/// A SKU is matched to the order's open units line by line, as several lines may carry it; refunded units come last, as a
/// parcel may have left before the refund. Lines without a shipping address (collected by the buyer) cannot have a shipment
/// and yield no parcel.
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
        let unrefunded = take(wanted, lines().map(unrefunded_units));
        let left = wanted - sum(unrefunded.iter().copied());
        let refunded = take(left, lines().zip(&unrefunded).map(|(line, taken)| open_units(line) - taken));
        for (line, (taken, more)) in lines().zip(unrefunded.iter().zip(refunded)) {
            add(&mut parcels, line, taken + more);
        }
    }
    parcels.retain(|parcel| parcel.order_address_id != 0);
    Ok(parcels)
}

/// Up to `wanted` units, from the first that has any on.
fn take(mut wanted: u32, available: impl Iterator<Item = u32>) -> Vec<u32> {
    let taken = available.map(|units| {
        let taken = wanted.min(units);
        wanted -= taken;
        taken
    });
    taken.collect()
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
