//! Many orders at once cost the shop few calls, and one alone does not wait for others.

use std::time::{Duration, Instant};

use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::Process;
use crossdock_tests::shop_sender::{Answer, answered};
use crossdock_tests::world::World;

/// Orders of the burst.
const ORDERS: usize = 1_000;

/// Webhooks under way at once.
const AT_ONCE: usize = 32;

/// Calls for them: the first order alone, then four lists of 250. Three more, for what comes behind these and where a machine pauses.
/// `make bench` counts them while the orders come.
const CALLS_MAX: usize = 8;

/// Time from a lone webhook to the warehouse, in seconds: less than a burst is waited for.
const LONE_SECS_MAX: u64 = 2;

/// Longer than a shop's orders are gathered after the latest one.
const GATHERED: Duration = Duration::from_millis(1_500);

/// Lone orders, of which one meets no other trouble of a machine that does much else.
const TRIES: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_orders_costs_few_calls_and_loses_none() {
    let world = World::create(Engine::Sqlite).await;
    let _receiver = Process::start(&world.config, Some("receiver"));
    world.ready().await;
    world.bigcommerce.callbacks().hold();
    let ids: Vec<String> =
        (0..ORDERS).map(|_| world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]))).collect();
    let told = ids.iter().map(|id| id.parse::<u32>().unwrap());
    let told = world.shop().send_all(told, AT_ONCE, |_, _| {}).await;
    assert_eq!(answered(&told, Answer::OK).len(), ORDERS, "{told:?}");
    let _importer = Process::start(&world.config, Some("order-importer"));
    eventually("all are at the warehouse", async || (world.warehouse.orders().len() == ORDERS).then_some(()))
        .await;
    let once = |id: &String| world.warehouse.received(&format!("BG{id}")) == 1;
    assert!(ids.iter().all(once), "one was released twice");
    let depth = async || world.vhost.depth("crossdock.order-importer").await;
    eventually("none waits", async || (depth().await == 0).then_some(())).await;
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
    let calls = world.bigcommerce.requests();
    let reads: Vec<&str> = calls.iter().map(|call| call.path_and_query.as_str()).collect();
    assert!(reads.len() <= CALLS_MAX, "{} calls: {reads:?}", reads.len());
    assert_eq!(world.refused_as_too_many(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_alone_waits_for_no_others() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let mut took = Vec::new();
    while took.iter().all(|took| *took >= Duration::from_secs(LONE_SECS_MAX)) {
        assert!(took.len() < TRIES, "{took:?}");
        world.rests(&[]).await;
        tokio::time::sleep(GATHERED).await;
        let placed = Instant::now();
        let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
        world.at_the_warehouse(&number).await;
        took.push(placed.elapsed());
    }
}
