//! A receiver that is killed again and again, without a broker and while it catches up: what it answered 200 is there in the end.

use std::collections::BTreeSet;
use std::time::Duration;

use crossdock_tests::arrived::arrived;
use crossdock_tests::configuration::ROOMY;
use crossdock_tests::dice::dice;
use crossdock_tests::load::Load;
use crossdock_tests::log::Log;
use crossdock_tests::node::Node;
use crossdock_tests::process::Process;
use crossdock_tests::shop_sender::{Answer, answered};
use crossdock_tests::world::World;
use tokio::time::timeout;

/// Times that it is killed while RabbitMQ is stopped, and while it drains.
const KILLS: u32 = 3;

/// Webhooks that it answers at least before it is killed without a broker.
const BEFORE_KILL: std::ops::RangeInclusive<usize> = 300..=900;

/// Requests that the shop has under way at once.
const AT_ONCE: usize = 32;

/// Longest wait for RabbitMQ to be back and the drain to be under way, in seconds.
const DRAIN_SECS_MAX: u64 = 60;

/// Said by a receiver that was killed before its spool was empty.
const LEFT: &str = "events of before the start are in the spool";

/// Numbers of orders that each process is sent at most.
const ORDERS: u32 = 1_000_000;

/// Kills the receiver at the moment, among webhooks of orders from `first` on; those that it answered 200.
async fn killed(
    world: &World,
    receiver: Process,
    first: u32,
    moment: impl AsyncFnOnce(&Load),
) -> BTreeSet<u32> {
    let (shop, load) = (world.shop(), Load::new(AT_ONCE));
    let kill = async {
        moment(&load).await;
        receiver.kill().await;
    };
    let (answers, ()) = tokio::join!(load.run(&shop, first), kill);
    let taken = answered(&answers, Answer::OK);
    let left = answered(&answers, Answer::Cut).len() + answered(&answers, Answer::Unreachable).len();
    assert_eq!(taken.len() + left, answers.len(), "{answers:?}");
    taken
}

/// Waits until the spool holds no more than so many events. Without pauses: a page of them is drained within milliseconds.
async fn drained_down_to(world: &World, events: u64) {
    let left = async || world.readiness().await?.1["spool"]["events"].as_u64();
    let looking = async { while left().await.is_none_or(|left| left > events) {} };
    timeout(Duration::from_secs(DRAIN_SECS_MAX), looking).await.expect("the spool is being drained");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_killed_at_any_moment_loses_nothing_that_it_answered_200() {
    let mut dice = dice();
    let node = Node::create().await;
    let world = World::spooling(&node, ROOMY).await;
    let log = Log::in_folder(world.folder());
    let start = async || {
        let receiver = Process::start_logging(&world.config, Some("receiver"), &log, "crossdock=info");
        world.ready().await;
        receiver
    };
    let mut receiver = start().await;
    world.drained().await;
    node.kill().await;
    let mut taken = BTreeSet::new();
    for round in 0..KILLS {
        let answers = dice.usize(BEFORE_KILL);
        let moment = async |load: &Load| load.goes_on(answers).await;
        taken.extend(killed(&world, receiver, round * ORDERS + 1, moment).await);
        receiver = start().await;
    }
    let (_, told) = world.readiness().await.unwrap();
    let spooled = told["spool"]["events"].as_u64().unwrap();
    assert!(spooled >= taken.len() as u64, "{spooled} of {} are there", taken.len());

    node.start().await;
    let undrained = log.saying(LEFT).len();
    for round in KILLS..2 * KILLS {
        // Ever later. From the second on, it drains while it is waited for: it may be at the end already.
        let left = spooled * u64::from(2 * KILLS - round) / u64::from(KILLS + 1);
        let left = left - dice.u64(0..spooled / 8);
        let moment = async |_: &Load| drained_down_to(&world, left).await;
        taken.extend(killed(&world, receiver, round * ORDERS + 1, moment).await);
        receiver = start().await;
    }
    world.drained().await;
    assert!(log.saying(LEFT).len() > undrained, "each time it was killed too late");
    let arrived = arrived(&world.vhost).await;
    let missing: Vec<_> = taken.iter().filter(|order| !arrived.contains_key(order)).collect();
    assert!(missing.is_empty(), "of {} {} are missing: {missing:?}", taken.len(), missing.len());
    // Once, and once again by each process that was killed before it took down that it was confirmed.
    let most = KILLS as usize + 1;
    assert!(arrived.values().all(|count| (1..=most).contains(count)), "{arrived:?}");
    receiver.signal("TERM").await;
    assert_eq!(receiver.ended().await, 0);
}
