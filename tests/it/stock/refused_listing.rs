//! A SKU that a shop lists twice, and whose quantity it refuses at one of the two places.

use crossdock_domain::StoreId;
use crossdock_queue::headers;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::{Value, json};

use super::kinds::{UNTOLD, item, units};
use super::level;
use crate::stock_listings::{edit_at_ecwid, quiet};

/// What each shop shows of the cup: where it takes a quantity, and where it does not.
async fn shown(world: &World, bigcommerce: [i64; 2], ecwid: [i64; 2]) {
    eventually(&format!("BigCommerce shows {bigcommerce:?} and Ecwid {ecwid:?}"), || async {
        let shown =
            [world.bigcommerce.catalog(), world.ecwid.catalog()].map(|of| [401, 402].map(|at| units(of, at)));
        (shown == [bigcommerce, ecwid].map(|of| of.map(Some))).then_some(())
    })
    .await;
}

/// The dead letters' shops; each letter asks for the cup alone, in the shop's words.
async fn dead(world: &World) -> Vec<StoreId> {
    eventually("two dead letters", || async {
        (world.vhost.depth("crossdock.dead-letters").await == 2).then_some(())
    })
    .await;
    let letters = world.vhost.take("crossdock.dead-letters").await;
    let mut stores: Vec<StoreId> = Vec::new();
    for letter in letters {
        let (due, chain) = (letter.json(), &letter.headers[headers::CHAIN]);
        assert_eq!((&due["type"], &due["data"]["skus"]), (&json!("stock.due"), &json!(["CUP"])));
        assert!(chain.contains("tock of this product cannot be set"), "{chain}");
        stores.push(due["data"]["store"].as_str().unwrap().parse().unwrap());
    }
    stores.sort();
    stores
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_two_places_of_a_sku_the_one_that_is_not_refused_is_sold_out_when_the_shelf_is(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    // No regular comparison comes to help.
    world.change_config(|text| text.replace("[store.orders]", "[store.orders]\nsweep_every = \"1h\""));
    for catalog in [world.bigcommerce.catalog(), world.ecwid.catalog()] {
        catalog
            .items()
            .extend([item(301, 401, "CUP", None, Some(UNTOLD)), item(302, 402, "CUP", None, Some(UNTOLD))]);
        catalog.fix(302, true);
    }
    let _crossdock = world.run().await;
    world.warehouse.count(vec![level("CUP", 10, None)]);
    shown(&world, [9, UNTOLD], [10, UNTOLD]).await;
    assert_eq!(dead(&world).await, ["acme-au", "acme-widgets"].map(|id| id.parse::<StoreId>().unwrap()));
    world.warehouse.count(vec![level("CUP", 0, None)]);
    shown(&world, [0, UNTOLD], [0, UNTOLD]).await;

    quiet(&world).await;
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0, "what is refused is not asked again");
    let output = crossdock(&world.config, &["stock", "show", "--json", "CUP"]).await;
    let cup: Value = serde_json::from_slice(&output.stdout).unwrap();
    for store in cup[0]["stores"].as_array().unwrap() {
        let refused = |at: usize| store["listings"][at]["refused"]["why"].as_str();
        assert!(refused(0).is_none() && refused(1).is_some(), "{store}");
    }

    // The merchants mend it. Ecwid tells of it, and BigCommerce's next full push is asked for.
    for catalog in [world.bigcommerce.catalog(), world.ecwid.catalog()] {
        catalog.fix(302, false);
    }
    edit_at_ecwid(&world, 302).await;
    let output = crossdock(&world.config, &["stock", "push", "--store", "acme-au", "--full"]).await;
    assert_eq!(output.status.code(), Some(0));
    shown(&world, [0, 0], [0, 0]).await;
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}
