//! The spool's own bad days: a broker that is frozen and not gone, and a disk that takes no more.

use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::node::Node;
use crossdock_tests::process::Process;
use crossdock_tests::shop_sender::{Answer, ShopSender, answered, arrived};
use crossdock_tests::world::{BIGCOMMERCE_SECRET, World};

const QUEUE: &str = "crossdock.order-importer";

/// Requests that a shop has under way at once.
const AT_ONCE: usize = 32;

const OK: Answer = Answer::Status(200);

async fn world(node: &Node) -> World {
    let world = World::over(Engine::Sqlite, node.vhost().await).await;
    world.turn_spool_on(64 * 1024 * 1024);
    world
}

fn shop(world: &World) -> ShopSender {
    ShopSender::bigcommerce(&world.receiver, "journey1", BIGCOMMERCE_SECRET)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_frozen_holds_up_no_webhook_and_loses_none() {
    let node = Node::create().await;
    let world = world(&node).await;
    let receiver = Process::start(&world.config, Some("receiver"));
    world.drained().await;
    node.pause().await;
    let answers = shop(&world).send_all(1..=300, AT_ONCE, |_, _| {}).await;
    let (status, told) = world.readiness().await.unwrap();
    node.resume().await;
    assert_eq!(answered(&answers, OK).len(), 300, "{answers:?}");
    assert_eq!((status, &told["spool"]["events"]), (200, &300.into()), "{told}");
    let later = shop(&world).send_all(301..=400, AT_ONCE, |_, _| {}).await;
    assert_eq!(answered(&later, OK).len(), 100, "{later:?}");
    world.drained().await;
    // What was on its way when the broker froze may have arrived from there too.
    let arrived = arrived(&world.vhost, QUEUE).await;
    assert_eq!(arrived.len(), 400);
    assert!(arrived.values().all(|count| (1..=3).contains(count)), "{arrived:?}");
    receiver.signal("TERM").await;
    assert_eq!(receiver.ended().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_more_is_a_503_and_loses_nothing_that_was_answered_200() {
    let node = Node::create().await;
    let world = world(&node).await;
    // The system refuses to let a file grow beyond this, as a full disk does.
    let receiver = Process::start_with_files_up_to(&world.config, "receiver", 4 * 1024 * 1024);
    world.drained().await;
    node.stop().await;
    let answers = shop(&world).send_all(1..=6_000, AT_ONCE, |_, _| {}).await;
    let (taken, refused) = (answered(&answers, OK), answered(&answers, Answer::Status(503)));
    assert!(!taken.is_empty() && !refused.is_empty(), "{} and {}", taken.len(), refused.len());
    assert_eq!(taken.len() + refused.len(), 6_000);
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
    let arrived = arrived(&world.vhost, QUEUE).await;
    assert!(taken.iter().all(|order| arrived.contains_key(order)), "{} of {}", arrived.len(), taken.len());
    assert!(arrived.values().all(|count| (1..=2).contains(count)), "{arrived:?}");
}
