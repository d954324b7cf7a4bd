//! RabbitMQ is away while shops go on telling: each webhook is answered 200, and none of them is lost.

use crossdock_tests::database::Engine;
use crossdock_tests::node::Node;
use crossdock_tests::process::{Process, crossdock};
use crossdock_tests::shop_sender::{Answer, Answers, ShopSender, answered, arrived};
use crossdock_tests::world::{BIGCOMMERCE_SECRET, World};

const QUEUE: &str = "crossdock.order-importer";

/// Webhooks that arrive while RabbitMQ is away.
const WEBHOOKS: u32 = 2_000;

/// Requests that a shop has under way at once.
const AT_ONCE: usize = 64;

/// What a shop is to hear.
const OK: Answer = Answer::Status(200);

/// Room for all of them.
const ROOMY: u64 = 64 * 1024 * 1024;

/// The shop `acme-au`.
fn shop(world: &World) -> ShopSender {
    ShopSender::bigcommerce(&world.receiver, "journey1", BIGCOMMERCE_SECRET)
}

/// Sends webhooks of all these orders.
async fn send_all(world: &World, orders: impl IntoIterator<Item = u32>) -> Answers {
    shop(world).send_all(orders, AT_ONCE, |_, _| {}).await
}

async fn world(node: &Node, bytes_max: u64) -> World {
    let world = World::over(Engine::Sqlite, node.vhost().await).await;
    world.turn_spool_on(bytes_max);
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_taken_while_the_broker_is_stopped_and_all_are_there_after_its_start() {
    let node = Node::create().await;
    let world = world(&node, ROOMY).await;
    let receiver = Process::start(&world.config, Some("receiver"));
    world.drained().await;
    node.stop().await;
    let answers = send_all(&world, 1..=WEBHOOKS).await;
    assert_eq!(answered(&answers, OK).len(), WEBHOOKS as usize, "{answers:?}");
    let (status, told) = world.readiness().await.unwrap();
    assert_eq!((status, &told["ready"], &told["spool"]["events"]), (200, &true.into(), &WEBHOOKS.into()));
    assert_eq!(world.metric("crossdock_receiver_spool_events").await, u64::from(WEBHOOKS));
    assert_eq!(world.metric("crossdock_receiver_spooled_total").await, u64::from(WEBHOOKS));

    node.start().await;
    world.drained().await;
    assert_eq!(world.metric("crossdock_receiver_drained_total").await, u64::from(WEBHOOKS));
    let arrived = arrived(&world.vhost, QUEUE).await;
    assert_eq!(arrived.len(), WEBHOOKS as usize);
    assert!(arrived.values().all(|count| (1..=2).contains(count)), "{arrived:?}");
    receiver.signal("TERM").await;
    assert_eq!(receiver.ended().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_killed_among_webhooks_loses_none_that_it_answered_200() {
    let node = Node::create().await;
    let world = world(&node, ROOMY).await;
    let receiver = Process::start(&world.config, Some("receiver"));
    world.drained().await;
    node.stop().await;
    let taken = std::sync::atomic::AtomicU32::new(0);
    let enough = tokio::sync::Notify::new();
    let count = |_: u32, answer: Answer| {
        if answer == OK && taken.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == WEBHOOKS / 2 {
            enough.notify_one();
        }
    };
    let kill = async {
        enough.notified().await;
        receiver.kill().await;
    };
    let shop = shop(&world);
    let (answers, ()) = tokio::join!(shop.send_all(1..=WEBHOOKS, AT_ONCE, count), kill);
    let first = answered(&answers, OK);
    assert!(first.len() > WEBHOOKS as usize / 2 && first.len() < WEBHOOKS as usize, "{}", first.len());

    // The shop sends again what was not answered.
    let receiver = Process::start(&world.config, Some("receiver"));
    world.ready().await;
    let unanswered: Vec<u32> = (1..=WEBHOOKS).filter(|order| !first.contains(order)).collect();
    let again = send_all(&world, unanswered.clone()).await;
    assert_eq!(answered(&again, OK).len(), unanswered.len(), "{again:?}");
    node.start().await;
    world.drained().await;
    let arrived = arrived(&world.vhost, QUEUE).await;
    assert_eq!(arrived.len(), WEBHOOKS as usize);
    assert!(arrived.values().all(|count| (1..=2).contains(count)), "{arrived:?}");
    receiver.signal("TERM").await;
    assert_eq!(receiver.ended().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_is_a_503_and_loses_nothing_that_it_answered_200() {
    let node = Node::create().await;
    let world = world(&node, 256 * 1024).await;
    let receiver = Process::start(&world.config, Some("receiver"));
    world.drained().await;
    node.stop().await;
    let answers = send_all(&world, 1..=WEBHOOKS).await;
    let (taken, refused) = (answered(&answers, OK), answered(&answers, Answer::Status(503)));
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
    let arrived = arrived(&world.vhost, QUEUE).await;
    assert!(taken.iter().all(|order| arrived.contains_key(order)));
    assert!(arrived.values().all(|count| (1..=2).contains(count)), "{arrived:?}");
    let late = send_all(&world, refused).await;
    assert!(late.values().all(|answer| *answer == OK), "{late:?}");
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
