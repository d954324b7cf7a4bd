//! By which names orders, consignments and SKUs are looked up.

use crossdock_domain::Sku;
use crossdock_events::{
    ShipmentDispatched, ShipmentVoided, StockCounted, WarehouseOrderAccepted, WarehouseOrderRejected,
    WarehouseSkuKnown,
};

/// Longest number of an order, or id of a consignment, in bytes. Databases' indexes take no endless ones.
const ID_BYTES_MAX: usize = 255;

/// Longest SKU, in bytes: the 255 characters of `BigCommerce` (OpenAPI, 2026-11), of four bytes each.
const SKU_BYTES_MAX: usize = 4 * 255;

/// What stands in a field.
pub(super) struct Name<'d> {
    pub(super) field: &'static str,
    pub(super) text: &'d str,
    pub(super) bytes_max: usize,
}

/// The data of an event of the warehouse.
pub(super) trait Named {
    /// What is looked up by.
    fn names(&self) -> Vec<Name<'_>>;
}

fn id<'d>(field: &'static str, text: &'d str) -> Name<'d> {
    Name { field, text, bytes_max: ID_BYTES_MAX }
}

fn skus<'d>(field: &'static str, skus: impl IntoIterator<Item = &'d Sku>) -> Vec<Name<'d>> {
    skus.into_iter().map(|sku| Name { field, text: sku.as_str(), bytes_max: SKU_BYTES_MAX }).collect()
}

impl Named for WarehouseOrderAccepted {
    fn names(&self) -> Vec<Name<'_>> {
        vec![id("number", self.number.as_str())]
    }
}

impl Named for WarehouseOrderRejected {
    fn names(&self) -> Vec<Name<'_>> {
        let mut names = vec![id("number", self.number.as_str())];
        names.extend(skus("unknown_skus", &self.unknown_skus));
        names
    }
}

impl Named for ShipmentDispatched {
    fn names(&self) -> Vec<Name<'_>> {
        let mut names =
            vec![id("shipment_id", self.shipment_id.as_str()), id("number", self.number.as_str())];
        names.extend(skus("lines.sku", self.lines.iter().flatten().map(|line| &line.sku)));
        names
    }
}

impl Named for ShipmentVoided {
    fn names(&self) -> Vec<Name<'_>> {
        vec![id("shipment_id", self.shipment_id.as_str()), id("number", self.number.as_str())]
    }
}

impl Named for WarehouseSkuKnown {
    fn names(&self) -> Vec<Name<'_>> {
        skus("sku", [&self.sku])
    }
}

impl Named for StockCounted {
    fn names(&self) -> Vec<Name<'_>> {
        skus("levels.sku", self.levels.iter().map(|level| &level.sku))
    }
}
