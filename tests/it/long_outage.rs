//! A long outage: what is spooled takes the disk and not the memory, and comes out again in the order in which it came.

use std::collections::BTreeSet;

use crossdock_tests::arrived::shipments_arrived;
use crossdock_tests::configuration::ROOMY;
use crossdock_tests::node::Node;
use crossdock_tests::process::Process;
use crossdock_tests::shop_sender::{Answer, ShopSender, answered};
use crossdock_tests::world::World;
use futures_util::future::join_all;

/// Shipments that are told of while RabbitMQ is away, each in an event of about 8 KiB.
const SHIPMENTS: u32 = 5_000;

/// Orders that they are of, in turn: the events of each must stay in their order.
const ORDERS: u32 = 50;

/// After so many the receiver has the memory that it needs.
const WARM: u32 = 1_000;

/// What the others, 40 MiB, may add to it, in KiB: the spool's cache of 16 MiB, and what is on its way out of it.
const MEMORY_GROWTH_KIB_MAX: u64 = 48 * 1024;

/// Tells of these shipments, those of each order one after the other.
async fn tell(warehouse: &ShopSender, shipments: std::ops::Range<u32>) {
    let of_order = |order| {
        let in_turn = shipments.clone().filter(move |number| number % ORDERS == order);
        warehouse.send_all(in_turn, 1, |_, _| {})
    };
    for told in join_all((0..ORDERS).map(of_order)).await {
        assert_eq!(answered(&told, Answer::OK).len(), told.len(), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spooled_events_take_no_memory_and_are_drained_in_the_order_of_what_they_are_about() {
    let node = Node::create().await;
    let world = World::spooling(&node, ROOMY).await;
    let receiver = Process::start(&world.config, Some("receiver"));
    world.drained().await;
    node.kill().await;
    let warehouse = ShopSender::warehouse(&world.receiver, ORDERS);
    tell(&warehouse, 0..WARM).await;
    let before_kib = receiver.memory_kib();
    tell(&warehouse, WARM..SHIPMENTS).await;
    let spooling_kib = receiver.memory_kib();
    assert_eq!(world.metric("crossdock_receiver_spool_events").await, u64::from(SHIPMENTS));

    node.start().await;
    world.drained().await;
    let drained_kib = receiver.memory_kib();
    for after_kib in [spooling_kib, drained_kib] {
        let grown = after_kib.saturating_sub(before_kib);
        assert!(grown <= MEMORY_GROWTH_KIB_MAX, "from {before_kib} to {spooling_kib} and {drained_kib} KiB");
    }
    let arrived = shipments_arrived(&world.vhost).await;
    assert_eq!(arrived.len(), ORDERS as usize);
    for (order, numbers) in arrived {
        // One that is there twice was sent again before what came after it.
        assert!(numbers.is_sorted(), "{order}: {numbers:?}");
        let distinct: BTreeSet<u32> = numbers.iter().copied().collect();
        assert_eq!(distinct.len(), (SHIPMENTS / ORDERS) as usize, "{order}: {numbers:?}");
        assert!(numbers.len() <= 2 * distinct.len(), "{order}: {numbers:?}");
    }
    receiver.signal("TERM").await;
    assert_eq!(receiver.ended().await, 0);
}
