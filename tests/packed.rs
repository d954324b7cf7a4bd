//! What the warehouse was told to pack.

use std::collections::BTreeMap;

use crossdock_domain::ReleasedOrder;

use crate::world::World;

impl World {
    /// The order as the warehouse has it.
    ///
    /// # Panics
    /// If it has not arrived.
    pub fn released(&self, number: &str) -> ReleasedOrder {
        let arrived = self.warehouse.orders().into_iter().find(|order| order.number.as_str() == number);
        arrived.expect("the order is at the warehouse")
    }

    /// What of an order is packed: units by SKU.
    ///
    /// # Panics
    /// If it has not arrived at the warehouse.
    pub fn packed(&self, number: &str) -> BTreeMap<String, u32> {
        let mut packed = BTreeMap::new();
        for line in self.released(number).lines {
            *packed.entry(line.sku.to_string()).or_default() += line.quantity;
        }
        packed
    }
}

/// These units by SKU, to hold against what is packed.
pub fn units(of: &[(&str, u32)]) -> BTreeMap<String, u32> {
    of.iter().map(|(sku, units)| ((*sku).to_owned(), *units)).collect()
}
