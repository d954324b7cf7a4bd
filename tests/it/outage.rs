//! Processes that are killed and a broker that goes away: nothing that was answered 200 is lost.

use std::collections::BTreeSet;

use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::node::Node;
use crossdock_tests::world::World;
use rstest::rstest;

const ORDERS_PER_SHOP: usize = 20;

/// Places orders in both shops, and returns their numbers.
fn place_orders(world: &World) -> BTreeSet<String> {
    (0..ORDERS_PER_SHOP)
        .flat_map(|_| {
            let first = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 1)]));
            let second = world.ecwid.place_order(&Draft::of(&[("MUG", 1)]));
            [format!("BG{first}"), format!("W-{second}")]
        })
        .collect()
}

async fn all_arrive_once(world: &World, numbers: &BTreeSet<String>) {
    for number in numbers {
        world.order_in_state(number, "accepted").await;
    }
    let at_warehouse: BTreeSet<String> =
        world.warehouse.orders().iter().map(|it| it.number.to_string()).collect();
    assert_eq!(&at_warehouse, numbers);
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_stopped_and_started_in_the_middle_loses_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let node = Node::create().await;
    let world = World::over(engine, node.vhost().await).await;
    let _crossdock = world.run().await;
    let before = place_orders(&world);
    // Some are answered 200 by now, some are on their way, the rest will be tried again by the shops.
    eventually("the first are answered", || async {
        (!world.bigcommerce.callbacks().answers().is_empty()).then_some(())
    })
    .await;
    node.stop().await;
    let during = place_orders(&world);
    node.start().await;
    all_arrive_once(&world, &before.union(&during).cloned().collect()).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_in_the_middle_loses_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let mut crossdock = world.run().await;
    let mut numbers = BTreeSet::new();
    for arrived in [1, 20, 45] {
        numbers.extend(place_orders(&world));
        eventually("some have arrived", || async {
            (world.warehouse.orders().len() >= arrived).then_some(())
        })
        .await;
        crossdock.kill().await;
        crossdock = world.run().await;
    }
    all_arrive_once(&world, &numbers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_blocks_publishing_is_waited_for() {
    let node = Node::create().await;
    let world = World::over(Engine::Sqlite, node.vhost().await).await;
    let _crossdock = world.run().await;
    node.raise_alarm().await;
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
    eventually("the shop is told to come again", || async {
        world.bigcommerce.callbacks().answers().contains(&503).then_some(())
    })
    .await;
    node.end_alarm().await;
    all_arrive_once(&world, &BTreeSet::from([number])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_the_shops_are_told_to_come_again() {
    let node = Node::create().await;
    let world = World::over(Engine::Sqlite, node.vhost().await).await;
    let _crossdock = world.run().await;
    node.kill().await;
    world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    let answer = eventually("the shop is answered", || async {
        world.bigcommerce.callbacks().answers().first().copied()
    });
    assert_eq!(answer.await, 503);
    let ready = reqwest::get(world.receiver.join("readyz").unwrap()).await.unwrap();
    assert_eq!(ready.status(), 503);
    assert_eq!(reqwest::get(world.receiver.join("livez").unwrap()).await.unwrap().status(), 200);
}
