//! Processes that are killed and a broker that goes away: nothing that was answered 200 is lost.

use std::collections::{BTreeMap, BTreeSet};

use crossdock_ledger::Swept;
use crossdock_sandbox::Draft;
use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::http;
use crossdock_tests::node::Node;
use crossdock_tests::world::World;
use jiff::Timestamp;
use rstest::rstest;

const ORDERS_PER_SHOP: usize = 20;

/// What the warehouse is told.
const RELEASED: &str = "order.released";

/// Everything but Crossdock itself, which never finds by a sweep what a webhook told.
async fn world(engine: Engine, vhost: Vhost) -> World {
    let world = World::over(engine, vhost).await;
    world.change_config(|text| text.replace("[store.orders]", "[store.orders]\nsweep_every = \"24h\""));
    let (ledger, now) = (world.ledger().await, Timestamp::now());
    for store in ["acme-au", "acme-widgets"] {
        let swept = Swept { from: Some(now), to: now };
        ledger.keep_swept(&store.parse().unwrap(), swept).await.unwrap();
    }
    world
}

/// Places orders in both shops, each of which one webhook tells, and returns their numbers.
fn place_orders(world: &World) -> BTreeSet<String> {
    let place = |_| {
        let callbacks = [world.bigcommerce.callbacks(), world.ecwid.callbacks()];
        for shop in callbacks {
            shop.hold();
        }
        let first = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 1)]));
        let second = world.ecwid.place_order(&Draft::of(&[("MUG", 1)]));
        for shop in callbacks {
            shop.release_first();
        }
        [format!("BG{first}"), format!("W-{second}")]
    };
    (0..ORDERS_PER_SHOP).flat_map(place).collect()
}

/// Each order is at the warehouse, under one id, and so often at most: who was cut before he heard that a release was taken says it again.
async fn all_arrive_once(world: &World, numbers: &BTreeSet<String>, copies_max: usize) {
    for number in numbers {
        world.order_in_state(number, "accepted").await;
    }
    world.rests_without_dead_letters(&[]).await;
    let at_warehouse: BTreeSet<String> =
        world.warehouse.orders().iter().map(|it| it.number.to_string()).collect();
    assert_eq!(&at_warehouse, numbers);
    let mut ids = BTreeMap::<String, BTreeSet<String>>::new();
    for release in world.vhost.take(&format!("tap.{RELEASED}")).await {
        let number = release.json()["data"]["number"].as_str().unwrap().to_owned();
        ids.entry(number).or_default().insert(release.id);
    }
    for number in numbers {
        assert_eq!(ids[number].len(), 1, "{number} was released as {:?}", ids[number]);
        let received = world.warehouse.received(number);
        assert!((1..=copies_max).contains(&received), "{number} was released {received} times");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_stopped_and_started_in_the_middle_loses_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let node = Node::create().await;
    let world = world(engine, node.vhost().await).await;
    let _crossdock = world.run().await;
    world.vhost.tap(RELEASED).await;
    let before = place_orders(&world);
    // Some are answered 200 by now, some are on their way, the rest will be tried again by the shops.
    eventually("the first are answered", || async {
        world.bigcommerce.callbacks().answers().contains(&200).then_some(())
    })
    .await;
    node.stop().await;
    let during = place_orders(&world);
    node.start().await;
    all_arrive_once(&world, &before.union(&during).cloned().collect(), 2).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_in_the_middle_loses_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    const KILLED_AT: [usize; 3] = [1, 20, 45];
    let world = world(engine, Vhost::create().await).await;
    let mut crossdock = world.run().await;
    world.vhost.tap(RELEASED).await;
    let mut numbers = BTreeSet::new();
    for arrived in KILLED_AT {
        numbers.extend(place_orders(&world));
        eventually("some have arrived", || async {
            (world.warehouse.orders().len() >= arrived).then_some(())
        })
        .await;
        crossdock.kill().await;
        crossdock = world.run().await;
    }
    all_arrive_once(&world, &numbers, 1 + KILLED_AT.len()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_blocks_publishing_is_waited_for() {
    let node = Node::create().await;
    let world = world(Engine::Sqlite, node.vhost().await).await;
    let _crossdock = world.run().await;
    world.vhost.tap(RELEASED).await;
    node.raise_alarm().await;
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
    eventually("the shop is told to come again", || async {
        world.bigcommerce.callbacks().answers().contains(&503).then_some(())
    })
    .await;
    node.end_alarm().await;
    all_arrive_once(&world, &BTreeSet::from([number]), 1).await;
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
    let ready = http().get(world.receiver.join("readyz").unwrap()).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    assert_eq!(http().get(world.receiver.join("livez").unwrap()).send().await.unwrap().status(), 200);
}
