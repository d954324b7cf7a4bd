//! Whether both shops sell just what the warehouse has.

use crossdock_tests::world::World;

use crate::breach::{Breach, Wrong};

/// Units that each shop keeps back, as configured.
const BUFFERS: [(&str, i64); 2] = [("acme-au", 1), ("acme-widgets", 0)];

/// The SKUs of which a shop shows its buyers another quantity than the warehouse has, once nothing is promised any more.
pub(crate) fn wrong_stock(world: &World) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for ((store, buffer), catalog) in
        BUFFERS.into_iter().zip([world.bigcommerce.catalog(), world.ecwid.catalog()])
    {
        for level in world.warehouse.levels() {
            let shown = catalog.stock(level.sku.as_str());
            if shown != Some(level.on_hand - buffer) {
                let says = format!("{store} shows {shown:?}; the warehouse has {level:?}");
                wrong.push(Wrong::new(Breach::Stock, level.sku.as_str(), says));
            }
        }
    }
    wrong
}
