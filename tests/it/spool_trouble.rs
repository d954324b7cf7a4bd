//! The spool's bad days: a broker that takes nothing and is not gone, and a disk that takes no more.

use std::collections::BTreeSet;

use crossdock_tests::arrived::arrived;
use crossdock_tests::configuration::ROOMY;
use crossdock_tests::eventually;
use crossdock_tests::node::Node;
use crossdock_tests::process::Process;
use crossdock_tests::shop_sender::{Answer, answered};
use crossdock_tests::world::World;

/// Requests that a shop has under way at once.
const AT_ONCE: u32 = 32;

/// Webhooks that arrive while the broker takes nothing, and afterwards.
const DURING: u32 = 300;
const AFTER: u32 = 100;

/// Webhooks that arrive before the next look whether the disk took them all.
const ROUND: u32 = 2_000;

/// All webhooks are taken while the broker looks like one of these, and are in the queue once it `mends`.
async fn no_webhook_is_held_up(world: &World, broker: &[&str], mends: impl Future<Output = ()>) {
    let (shop, at_once) = (world.shop(), AT_ONCE as usize);
    let during = shop.send_all(1..=DURING, at_once, |_, _| {}).await;
    assert_eq!(answered(&during, Answer::OK).len(), DURING as usize, "{during:?}");
    let told = eventually(&format!("the receiver says that the broker is {broker:?}"), || async {
        let (status, told) = world.readiness().await?;
        assert_eq!((status, &told["ready"]), (200, &true.into()), "{told}");
        broker.iter().any(|state| told["broker"] == *state).then_some(told)
    })
    .await;
    // What was on its way as the trouble began may still have come through.
    let confirmed = world.metric("crossdock_receiver_events_total{route=\"bigcommerce\"}").await;
    assert_eq!(told["spool"]["events"], u64::from(DURING) - confirmed, "{told}");
    assert!(confirmed <= u64::from(AT_ONCE), "{confirmed} came through");
    assert_eq!(world.metric("crossdock_receiver_spool_events").await, u64::from(DURING) - confirmed);

    mends.await;
    let after = shop.send_all(DURING + 1..=DURING + AFTER, at_once, |_, _| {}).await;
    assert_eq!(answered(&after, Answer::OK).len(), AFTER as usize, "{after:?}");
    world.drained().await;
    let arrived = arrived(&world.vhost).await;
    assert_eq!(arrived.len(), (DURING + AFTER) as usize);
    // From the spool, from what was on its way then, and from what was tried out of the spool before it was known.
    assert!(arrived.values().all(|count| (1..=3).contains(count)), "{arrived:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_frozen_holds_up_no_webhook_and_loses_none() {
    let node = Node::create().await;
    let world = World::spooling(&node, ROOMY).await;
    let receiver = Process::start(&world.config, Some("receiver"));
    world.drained().await;
    node.pause().await;
    // Its connection stands until its heartbeats are missed.
    no_webhook_is_held_up(&world, &["up", "down"], node.resume()).await;
    receiver.signal("TERM").await;
    assert_eq!(receiver.ended().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_short_of_memory_holds_up_no_webhook_and_loses_none() {
    let node = Node::create().await;
    let world = World::spooling(&node, ROOMY).await;
    let receiver = Process::start(&world.config, Some("receiver"));
    world.drained().await;
    node.raise_alarm().await;
    no_webhook_is_held_up(&world, &["blocked"], node.end_alarm()).await;
    receiver.signal("TERM").await;
    assert_eq!(receiver.ended().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_more_is_a_503_and_loses_nothing_that_was_answered_200() {
    let node = Node::create().await;
    let world = World::spooling(&node, ROOMY).await;
    // The system refuses to let a file grow beyond this, as a full disk does.
    let receiver = Process::start_with_files_up_to(&world.config, "receiver", 2 * 1024 * 1024);
    world.drained().await;
    node.stop().await;
    // How many events a file of that size holds depends on how many of them share a commit.
    let (shop, mut taken, mut refused) = (world.shop(), BTreeSet::new(), BTreeSet::new());
    for round in 0.. {
        assert!(round < 50, "a file of 2 MiB holds {} events", taken.len());
        let answers =
            shop.send_all(round * ROUND + 1..=(round + 1) * ROUND, AT_ONCE as usize, |_, _| {}).await;
        taken.append(&mut answered(&answers, Answer::OK));
        refused.append(&mut answered(&answers, Answer::Status(503)));
        assert_eq!(taken.len() + refused.len(), ((round + 1) * ROUND) as usize, "{answers:?}");
        if !refused.is_empty() {
            break;
        }
    }
    assert!(!taken.is_empty());
    eventually("the receiver says that its spool is failing", || async {
        let (status, told) = world.readiness().await?;
        (status == 503 && told["spool"]["state"] == "failing").then_some(())
    })
    .await;

    // Killed at its worst moment, and started where there is room again.
    receiver.kill().await;
    let _receiver = Process::start(&world.config, Some("receiver"));
    node.start().await;
    world.drained().await;
    let arrived = arrived(&world.vhost).await;
    assert!(taken.iter().all(|order| arrived.contains_key(order)), "{} of {}", arrived.len(), taken.len());
    assert!(arrived.values().all(|count| (1..=2).contains(count)), "{arrived:?}");
}
