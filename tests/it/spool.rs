//! RabbitMQ is away while shops go on telling: each webhook is answered 200, and none of them is lost.

use crossdock_tests::arrived::arrived;
use crossdock_tests::configuration::ROOMY;
use crossdock_tests::database::Engine;
use crossdock_tests::node::Node;
use crossdock_tests::process::{Process, crossdock};
use crossdock_tests::shop_sender::{Answer, Answers, answered};
use crossdock_tests::world::World;

/// Webhooks that arrive while RabbitMQ is away.
const WEBHOOKS: u32 = 2_000;

/// Requests that a shop has under way at once.
const AT_ONCE: usize = 64;

/// Sends webhooks of all these orders.
async fn send_all(world: &World, orders: impl IntoIterator<Item = u32>) -> Answers {
    world.shop().send_all(orders, AT_ONCE, |_, _| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_taken_while_the_broker_is_stopped_and_all_are_there_after_its_start() {
    let node = Node::create().await;
    let world = World::spooling(&node, ROOMY).await;
    let receiver = Process::start(&world.config, Some("receiver"));
    world.drained().await;
    node.stop().await;
    let answers = send_all(&world, 1..=WEBHOOKS).await;
    assert_eq!(answered(&answers, Answer::OK).len(), WEBHOOKS as usize, "{answers:?}");
    let (status, told) = world.readiness().await.unwrap();
    assert_eq!((status, &told["ready"], &told["spool"]["events"]), (200, &true.into(), &WEBHOOKS.into()));
    assert_eq!(world.metric("crossdock_receiver_spool_events").await, u64::from(WEBHOOKS));
    assert_eq!(world.metric("crossdock_receiver_spooled_total").await, u64::from(WEBHOOKS));

    node.start().await;
    world.drained().await;
    assert_eq!(world.metric("crossdock_receiver_drained_total").await, u64::from(WEBHOOKS));
    let arrived = arrived(&world.vhost).await;
    assert_eq!(arrived.len(), WEBHOOKS as usize);
    assert!(arrived.values().all(|count| (1..=2).contains(count)), "{arrived:?}");
    receiver.signal("TERM").await;
    assert_eq!(receiver.ended().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_is_a_503_and_loses_nothing_that_it_answered_200() {
    let node = Node::create().await;
    let world = World::spooling(&node, 256 * 1024).await;
    let receiver = Process::start(&world.config, Some("receiver"));
    world.drained().await;
    node.stop().await;
    let answers = send_all(&world, 1..=WEBHOOKS).await;
    let (taken, refused) = (answered(&answers, Answer::OK), answered(&answers, Answer::Status(503)));
    assert!(!taken.is_empty() && !refused.is_empty(), "{} and {}", taken.len(), refused.len());
    assert_eq!(taken.len() + refused.len(), WEBHOOKS as usize);
    let (status, told) = world.readiness().await.unwrap();
    assert_eq!((status, &told["spool"]["state"]), (503, &"full".into()));

    // Stopped and started while it is full, and without RabbitMQ.
    receiver.signal("TERM").await;
    assert_eq!(receiver.ended().await, 0);
    let _receiver = Process::start(&world.config, Some("receiver"));
    node.start().await;
    world.drained().await;
    let arrived = arrived(&world.vhost).await;
    assert!(taken.iter().all(|order| arrived.contains_key(order)));
    assert!(arrived.values().all(|count| (1..=2).contains(count)), "{arrived:?}");
    let late = send_all(&world, refused).await;
    assert!(late.values().all(|answer| *answer == Answer::OK), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_receiver_on_the_same_spool_is_refused() {
    let world = World::create(Engine::Sqlite).await;
    world.turn_spool_on(ROOMY);
    let _receiver = Process::start(&world.config, Some("receiver"));
    world.ready().await;
    let second = crossdock(&world.config, &["run", "--role", "receiver"]).await;
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{told}");
    assert!(told.contains("in use by another receiver; give each its own receiver.spool_dir"), "{told}");
}
