//! A quantity that reaches a shop after a newer one.

use crossdock_domain::Sku;
use crossdock_tests::database::Engine;
use crossdock_tests::world::World;
use jiff::{Timestamp, ToSpan as _};
use rstest::rstest;

use super::{level, shows};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_push_without_an_answer_may_have_overtaken_is_told_again_once_it_must_have_arrived(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    world.change_config(|text| text.replace("[store.orders]", "[store.orders]\nsweep_every = \"5s\""));
    let _crossdock = world.run().await;
    world.warehouse.count(vec![level("MUG", 30, None), level("TEE-M", 7, None)]);
    shows(&world, "MUG", 29, 30).await;
    shows(&world, "TEE-M", 6, 7).await;

    // An older one was on its way for minutes, and arrives now.
    for catalog in [world.bigcommerce.catalog(), world.ecwid.catalog()] {
        catalog.items().iter_mut().for_each(|item| item.stock = item.stock.map(|_| 99));
    }
    let (ledger, mugs) = (world.ledger().await, [Sku::from("MUG")]);
    let (began, settled) = (Timestamp::now() - 11.minutes(), Timestamp::UNIX_EPOCH);
    for (store, units) in [("acme-au", 29), ("acme-widgets", 30)] {
        let store = store.parse().unwrap();
        let listings = ledger.listings(&store, &mugs).await.unwrap();
        ledger.begin_push(&store, &listings, began, settled).await.unwrap();
        ledger.pushed(&store, &[(mugs[0].clone(), units)], Timestamp::now()).await.unwrap();
    }
    shows(&world, "MUG", 29, 30).await;
    shows(&world, "TEE-M", 99, 99).await;
}
