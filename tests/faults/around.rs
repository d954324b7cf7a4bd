//! What is around Crossdock in an attack: two shops, and a warehouse that ships everything by itself.

use std::collections::BTreeMap;
use std::time::Duration;

use crossdock_sandbox::{Item, Quota};
use crossdock_tests::broker::Vhost;
use crossdock_tests::configuration::ROOMY;
use crossdock_tests::database::Engine;
use crossdock_tests::surroundings::Surroundings;
use crossdock_tests::world::World;

use crate::buyers::NEW_SKU;

/// More than anything here asks for.
const NO_QUOTA: Quota = Quota { requests: 1_000_000, window: Duration::from_secs(30) };

/// Units of each SKU: more than is sold.
pub(crate) const UNITS: i64 = 5_000;

/// How long the warehouse packs an order, in milliseconds.
const PACKING_MS: u64 = 300;

/// Shipments after which it counts its shelf.
const COUNT_AFTER: u32 = 20;

/// Everything but Crossdock itself. No sweep makes up for what is lost.
pub(crate) async fn world(engine: Engine, vhost: Vhost) -> World {
    let surroundings = Surroundings {
        goods: ["TEE-M", "MUG"].map(|sku| (sku, UNITS)).into(),
        bigcommerce_quota: NO_QUOTA,
        ecwid_quota: NO_QUOTA,
        posts_events: true,
        ship_after: Some(Duration::from_millis(PACKING_MS)),
        count_after_shipments: Some(COUNT_AFTER),
        ..Surroundings::default()
    };
    let world = World::amid(engine, vhost, surroundings).await;
    for catalog in [world.bigcommerce.catalog(), world.ecwid.catalog()] {
        catalog.items().push(new_item());
    }
    world.turn_spool_on(ROOMY);
    world.change_config(|text| text.replace("[store.orders]", "[store.orders]\nsweep_every = \"24h\""));
    world
}

/// Sold before the warehouse has it.
fn new_item() -> Item {
    Item {
        product_id: 900,
        variant_id: 900,
        sku: NEW_SKU.to_owned(),
        name: "Mug, new".to_owned(),
        options: BTreeMap::new(),
        price: 10.into(),
        stock: Some(UNITS),
    }
}
