//! From a count at the warehouse to quantities in the shops.

use crossdock_domain::{Sku, StockLevel};
use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use rstest::rstest;

fn level(sku: &str, on_hand: i64, allocated: Option<i64>) -> StockLevel {
    StockLevel { sku: Sku::from(sku), on_hand, allocated }
}

async fn shows(world: &World, sku: &str, bigcommerce: i64, ecwid: i64) {
    eventually(&format!("{sku} is {bigcommerce} at BigCommerce and {ecwid} at Ecwid"), || async {
        let seen = (world.bigcommerce.catalog().stock(sku), world.ecwid.catalog().stock(sku));
        (seen == (Some(bigcommerce), Some(ecwid))).then_some(())
    })
    .await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_count_becomes_what_each_shop_may_sell(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 4)])));
    world.order_in_state(&number, "accepted").await;

    // BigCommerce is told what is available (less what is promised, less a buffer of 1), Ecwid what is on hand.
    world.warehouse.count(vec![
        level("MUG", 30, None),
        level("TEE-M", 7, Some(2)),
        level("NOWHERE", 5, None),
    ]);
    shows(&world, "MUG", 30 - 4 - 1, 30).await;
    shows(&world, "TEE-M", 7 - 2 - 1, 7).await;

    let writes =
        |requests: Vec<crossdock_sandbox::Request>| requests.iter().filter(|it| it.method == "PUT").count();
    let before = (writes(world.bigcommerce.requests()), writes(world.ecwid.requests()));
    world.warehouse.count(vec![level("MUG", 30, None), level("TEE-M", 9, Some(2))]);
    shows(&world, "TEE-M", 9 - 2 - 1, 9).await;
    let after = (writes(world.bigcommerce.requests()), writes(world.ecwid.requests()));
    assert_eq!(after.1 - before.1, 1, "at Ecwid only what changed is written");
    assert_eq!(after.0 - before.0, 1, "at BigCommerce one call carries all that changed");
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}
