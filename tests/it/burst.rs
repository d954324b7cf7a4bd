//! Many orders at once cost the shop few calls, and one alone does not wait for others.

use std::time::{Duration, Instant};

use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;

/// Orders of the burst.
const ORDERS: usize = 1_000;

/// Calls for them: the first order alone, then four lists of 250. Five more, as the rush may pause for some seconds on a machine that
/// does much else, and goes on with second notices then. `make bench` counts them on a machine that does nothing else.
const CALLS_MAX: usize = 10;

/// Time from a lone webhook to the warehouse, on a machine that does much else, in seconds.
const LONE_SECS_MAX: u64 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_orders_costs_few_calls_and_loses_none() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let numbers: Vec<String> = (0..ORDERS)
        .map(|_| format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]))))
        .collect();
    eventually("all are at the warehouse", async || (world.warehouse.orders().len() == ORDERS).then_some(()))
        .await;
    assert!(numbers.iter().all(|number| world.warehouse.received(number) == 1), "one was released twice");
    let calls = world.bigcommerce.requests();
    // What the reconciler lists comes without the lines.
    let reads: Vec<&str> = calls.iter().map(|call| call.path_and_query.as_str()).collect();
    let reads: Vec<&str> = reads.into_iter().filter(|path| path.contains("include=consignments")).collect();
    assert!(reads.len() <= CALLS_MAX, "{} calls: {reads:?}", reads.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_alone_waits_for_no_others() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let placed = Instant::now();
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
    world.at_the_warehouse(&number).await;
    let took = placed.elapsed();
    assert!(took < Duration::from_secs(LONE_SECS_MAX), "{took:?}");
}
