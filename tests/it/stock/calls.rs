//! What many changes cost in calls.

use crossdock_sandbox::{Catalog, Request};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;

use super::{level, list, sku};

/// SKUs that change together. BigCommerce lists all of them.
const CHANGED: u64 = 500;

/// SKUs that Ecwid lists, the first of those: all of them would take more than a minute's requests.
const OF_ECWID: u64 = 250;

async fn told(catalog: &Catalog, shop: &str, units: i64) {
    eventually(&format!("every SKU has its quantity at {shop}"), || async {
        catalog.items().iter().all(|item| item.stock == Some(units)).then_some(())
    })
    .await;
}

fn bulk_writes(requests: &[Request]) -> usize {
    requests.iter().filter(|it| it.path_and_query.contains("/v3/inventory/adjustments")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_changed_skus_are_one_call_at_bigcommerce_and_neither_shop_has_to_say_429() {
    let world = World::create(Engine::Sqlite).await;
    list(world.bigcommerce.catalog(), CHANGED);
    list(world.ecwid.catalog(), OF_ECWID);
    let _crossdock = world.run().await;
    world.warehouse.count((1..=CHANGED).map(|number| level(&sku(number), 40, None)).collect());
    told(world.bigcommerce.catalog(), "BigCommerce", 39).await;
    told(world.ecwid.catalog(), "Ecwid", 40).await;
    // The shops tell of each of these changes; that costs no write either.
    eventually("what the shops told has come in and was handled", || async {
        let on_their_way =
            world.bigcommerce.callbacks().on_their_way() + world.ecwid.callbacks().on_their_way();
        (on_their_way == 0 && world.vhost.depth("crossdock.stock-writer").await == 0).then_some(())
    })
    .await;
    let (bigcommerce, ecwid) = (world.bigcommerce.requests(), world.ecwid.requests());
    assert_eq!(bulk_writes(&bigcommerce), 1, "{bigcommerce:#?}");
    for requests in [&bigcommerce, &ecwid] {
        assert_eq!(requests.iter().find(|it| it.status == 429), None);
    }
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}
