//! By which names orders, consignments and SKUs are looked up.

use crossdock_domain::Sku;
use crossdock_events::{
    ShipmentDispatched, ShipmentVoided, StockCounted, WarehouseOrderAccepted, WarehouseOrderRejected,
    WarehouseSkuKnown,
};

/// The data of an event of the warehouse.
pub(super) trait Named {
    /// What is looked up by: the fields' names, and what stands in them.
    fn names(&self) -> Vec<(&'static str, &str)>;
}

fn skus<'s>(name: &'static str, skus: impl IntoIterator<Item = &'s Sku>) -> Vec<(&'static str, &'s str)> {
    skus.into_iter().map(|sku| (name, sku.as_str())).collect()
}

impl Named for WarehouseOrderAccepted {
    fn names(&self) -> Vec<(&'static str, &str)> {
        vec![("number", self.number.as_str())]
    }
}

impl Named for WarehouseOrderRejected {
    fn names(&self) -> Vec<(&'static str, &str)> {
        [vec![("number", self.number.as_str())], skus("unknown_skus", &self.unknown_skus)].concat()
    }
}

impl Named for ShipmentDispatched {
    fn names(&self) -> Vec<(&'static str, &str)> {
        let ids = vec![("shipment_id", self.shipment_id.as_str()), ("number", self.number.as_str())];
        let lines = self.lines.iter().flatten().map(|line| &line.sku);
        [ids, skus("lines.sku", lines)].concat()
    }
}

impl Named for ShipmentVoided {
    fn names(&self) -> Vec<(&'static str, &str)> {
        vec![("shipment_id", self.shipment_id.as_str()), ("number", self.number.as_str())]
    }
}

impl Named for WarehouseSkuKnown {
    fn names(&self) -> Vec<(&'static str, &str)> {
        skus("sku", [&self.sku])
    }
}

impl Named for StockCounted {
    fn names(&self) -> Vec<(&'static str, &str)> {
        skus("levels.sku", self.levels.iter().map(|level| &level.sku))
    }
}
