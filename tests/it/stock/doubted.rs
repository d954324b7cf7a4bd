//! A quantity for which BigCommerce fails, while it answers for others.

use std::time::Duration;

use crossdock_sandbox::{Fault, Item};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use jiff::Timestamp;
use rstest::rstest;

use super::{level, shows};

/// Where quantities are written.
const BULK_WRITES: &str = "/v3/inventory/adjustments";

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_quantity_for_which_the_shop_fails_in_a_comparison_is_tried_again_alone_and_the_others_stand(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    world.change_config(|text| text.replace("[store.orders]", "[store.orders]\nsweep_every = \"5s\""));
    let cup = world.bigcommerce.catalog().items()[0].clone();
    let cup = Item { product_id: 150, variant_id: 250, sku: "CUP".into(), ..cup };
    world.bigcommerce.catalog().items().push(cup);
    let _crossdock = world.run().await;
    world.warehouse.count(vec![level("CUP", 12, None), level("MUG", 30, None)]);
    shows(&world, "MUG", 29, 30).await;
    let cup_shows = async |units: i64| {
        eventually(&format!("the cup is {units}"), || async {
            (world.bigcommerce.catalog().stock("CUP") == Some(units)).then_some(())
        })
        .await;
    };
    cup_shows(11).await;

    // Nobody is told of this count: only a comparison finds it. The shop fails for both, for the cup, and for the cup alone.
    let (failed, taken) = (Fault::Status(500), Fault::Hang(Duration::ZERO));
    for fault in [&failed, &failed, &taken, &failed] {
        world.bigcommerce.faults().next("PUT", BULK_WRITES, fault.clone());
    }
    let ledger = world.ledger().await;
    ledger.counted(Timestamp::now(), &[level("CUP", 13, None), level("MUG", 31, None)]).await.unwrap();
    shows(&world, "MUG", 30, 31).await;
    cup_shows(12).await;
    assert!(world.bigcommerce.faults().all_met());
    let told = |sku: &str, lines: &[crossdock_ledger::StockLine]| {
        let line = lines.iter().find(|line| line.level.sku.as_str() == sku).cloned();
        line.is_some_and(|line| line.pushed.is_some() && line.in_doubt_since.is_some())
    };
    let lines = ledger.stock(&"acme-au".parse().unwrap()).await.unwrap();
    assert!(told("MUG", &lines), "what it was sent first may reach it yet: {lines:?}");
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}
