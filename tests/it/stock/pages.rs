//! Catalogues of several pages.

use std::time::Duration;

use crossdock_sandbox::{Catalog, Fault, Request};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::Value;

use super::{level, list, sku};

/// Products of the BigCommerce shop: three pages of 250.
const OF_BIGCOMMERCE: u64 = 600;

/// Products of the Ecwid shop, the first of those: three pages of 100.
const OF_ECWID: u64 = 250;

/// Products that the merchants take out of their shops while the catalogues are read, the first of those.
const GONE: u64 = 20;

/// Lets the reading of the catalogue stop after its first page, for long enough to change something.
fn stop_after_a_page(faults: &crossdock_sandbox::Faults) {
    for fault in [Fault::Hang(Duration::ZERO), Fault::Status(503)] {
        faults.next("GET", "/products", fault);
    }
}

fn pages(requests: &[Request]) -> Vec<&str> {
    let pages = requests.iter().filter(|it| it.method == "GET" && it.path_and_query.contains("/products?"));
    pages.map(|it| it.path_and_query.as_str()).collect()
}

/// Listings of these SKUs at each shop.
async fn listed(world: &World, skus: &[&str]) -> Vec<Vec<usize>> {
    let output = crossdock(&world.config, &[&["stock", "show", "--json"], skus].concat()).await;
    let shown: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let listings = |at: &Value| at["listings"].as_array().unwrap().len();
    shown.iter().map(|one| one["stores"].as_array().unwrap().iter().map(listings).collect()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_of_several_pages_is_found_whole_although_products_move_between_them(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let shops = [(world.bigcommerce.catalog(), OF_BIGCOMMERCE), (world.ecwid.catalog(), OF_ECWID)];
    for (catalog, products) in shops {
        list(catalog, products);
    }
    stop_after_a_page(world.bigcommerce.faults());
    stop_after_a_page(world.ecwid.faults());
    let _crossdock = world.run().await;
    world.warehouse.count((1..=OF_BIGCOMMERCE).map(|number| level(&sku(number), 40, None)).collect());
    eventually("both readings have stopped", || async {
        (world.bigcommerce.faults().all_met() && world.ecwid.faults().all_met()).then_some(())
    })
    .await;
    // What was on the second page is on the first now, which was read already.
    for (catalog, _) in shops {
        catalog.items().drain(..usize::try_from(GONE).unwrap());
    }

    eventually("every product has its quantity", || async {
        let told =
            |catalog: &Catalog, units: i64| catalog.items().iter().all(|item| item.stock == Some(units));
        (told(world.bigcommerce.catalog(), 39) && told(world.ecwid.catalog(), 40)).then_some(())
    })
    .await;
    let (bigcommerce, ecwid) = (world.bigcommerce.requests(), world.ecwid.requests());
    let (bigcommerce, ecwid) = (pages(&bigcommerce), pages(&ecwid));
    assert!(bigcommerce.len() <= 8 && ecwid.len() <= 8, "{bigcommerce:#?} {ecwid:#?}");
    eventually("what is gone is known to be", || async {
        let listed = listed(&world, &[&sku(1), &sku(GONE), &sku(GONE + 1), &sku(OF_ECWID + 1)]).await;
        (listed == [[0, 0], [0, 0], [1, 1], [1, 0]]).then_some(())
    })
    .await;
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}
