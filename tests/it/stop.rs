//! SIGTERM among webhooks: readiness turns red first, what is in flight is answered, and what was answered 200 is kept.

use std::collections::BTreeSet;
use std::time::Duration;

use crossdock_receiver::Limits;
use crossdock_tests::arrived::arrived;
use crossdock_tests::configuration::ROOMY;
use crossdock_tests::database::Engine;
use crossdock_tests::load::Load;
use crossdock_tests::log::Log;
use crossdock_tests::node::Node;
use crossdock_tests::process::Process;
use crossdock_tests::shop_sender::{Answer, ShopSender, answered};
use crossdock_tests::slow_sender::{Part, SlowSender};
use crossdock_tests::world::World;
use futures_util::future::join_all;
use tokio::time::Instant;

const CLOSED: &str = "the receiver takes no more connections";

/// Requests that the shop has under way at once.
const AT_ONCE: usize = 8;

/// Webhooks that are answered before the process is told to stop.
const BEFORE: usize = 300;

/// The order of the request that is on its way all the time.
const SLOW: u32 = 900_000;

/// Who looks at `/readyz` at once, and how often each does at most.
const LOOKERS: u32 = 8;
const LOOKS_MAX: u32 = 1_000_000;

/// What the parts around the receiver may add to its own time for stopping, on a machine under load.
const BESIDES: Duration = Duration::from_secs(5);

/// Time for a process that is told twice: far less than what is in flight would take.
const AT_ONCE_SECS_MAX: u64 = 5;

fn start(world: &World, log: &Log) -> Process {
    Process::start_logging(&world.config, Some("receiver"), log, "crossdock=info")
}

/// Looks at `/readyz` over new connections, without pauses, until nobody listens, and sends a webhook after each look, as a balancer does
/// that has not looked yet. Returns the orders of those that were taken after `/readyz` was red.
///
/// Several look at once: one alone may wait for its webhook all the time that it is red.
async fn taken_while_red(world: &World, shop: &ShopSender) -> BTreeSet<u32> {
    let looks = (1..=LOOKERS).map(|looker| taken_by_one_while_red(world, shop, SLOW + looker * LOOKS_MAX));
    join_all(looks).await.into_iter().flatten().collect()
}

/// The same by one who begins with this order.
async fn taken_by_one_while_red(world: &World, shop: &ShopSender, first: u32) -> BTreeSet<u32> {
    let anew = reqwest::Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(5));
    let http = anew.build().unwrap();
    let (mut red, mut taken) = (false, BTreeSet::new());
    for order in first..first + LOOKS_MAX {
        let Ok(answer) = http.get(world.at("readyz")).send().await else { break };
        assert!(matches!(answer.status().as_u16(), 200 | 503), "{answer:?}");
        assert!(answer.status() == 503 || !red, "it is not green again");
        red = answer.status() == 503;
        if shop.send(order).await == Answer::OK && red {
            taken.insert(order);
        }
    }
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_turns_readiness_red_answers_what_is_in_flight_and_keeps_all_that_was_taken() {
    let world = World::create(Engine::Sqlite).await;
    world.turn_spool_on(ROOMY);
    let log = Log::in_folder(world.folder());
    let process = start(&world, &log);
    world.ready().await;
    let (shop, anew, load) = (world.shop(), world.shop().anew(), Load::new(AT_ONCE));
    let slow = SlowSender::begin(&world.receiver, &shop.webhook(SLOW), Part::HalfBody).await.unwrap();
    let stopping = async {
        load.goes_on(BEFORE).await;
        let told_at = Instant::now();
        process.signal("TERM").await;
        log.has_said(CLOSED, 1).await;
        assert!(
            told_at.elapsed() >= Limits::default().unready,
            "only {:?} after the stop",
            told_at.elapsed()
        );
        // Its head came before the stop, the rest of it comes after the listener has closed.
        assert_eq!(slow.finish().await, Answer::OK);
        told_at
    };
    let (answers, told_at, while_red) =
        tokio::join!(load.run(&shop, 1), stopping, taken_while_red(&world, &anew));
    assert!(!while_red.is_empty(), "red and still served");
    let Limits { unready, finish, .. } = Limits::default();
    let limit = (unready + finish + BESIDES).saturating_sub(told_at.elapsed());
    assert_eq!(process.ended_within(limit).await, 0);

    let taken = answered(&answers, Answer::OK);
    let cut = answered(&answers, Answer::Cut);
    assert!(cut.is_empty(), "{} of {} were cut without an answer", cut.len(), answers.len());
    assert_eq!(taken.len() + answered(&answers, Answer::Unreachable).len(), answers.len(), "{answers:?}");
    // What RabbitMQ was too slow for is in the spool, and comes after the next start.
    let _again = start(&world, &log);
    world.drained().await;
    let arrived = arrived(&world.vhost).await;
    assert!(taken.union(&while_red).chain([&SLOW]).all(|order| arrived.contains_key(order)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_without_a_broker_before_the_stop_arrives_after_the_next_start() {
    let node = Node::create().await;
    let world = World::spooling(&node, ROOMY).await;
    let log = Log::in_folder(world.folder());
    let process = start(&world, &log);
    world.drained().await;
    let (shop, load) = (world.shop(), Load::new(AT_ONCE));
    let stopping = async {
        load.goes_on(BEFORE).await;
        node.stop().await;
        load.goes_on(BEFORE).await;
        process.signal("TERM").await;
        Instant::now()
    };
    let (answers, told_at) = tokio::join!(load.run(&shop, 1), stopping);
    let Limits { unready, finish, .. } = Limits::default();
    let limit = (unready + finish + BESIDES).saturating_sub(told_at.elapsed());
    assert_eq!(process.ended_within(limit).await, 0);
    let told = log.has_said("events stay in the spool until the next start", 1).await;
    assert!(told["spool.events"].as_u64().unwrap() >= u64::try_from(BEFORE).unwrap(), "{told}");

    node.start().await;
    let _again = start(&world, &log);
    world.drained().await;
    let arrived = arrived(&world.vhost).await;
    let taken = answered(&answers, Answer::OK);
    assert!(taken.len() >= 2 * BEFORE, "{}", taken.len());
    assert!(taken.iter().all(|order| arrived.contains_key(order)));
    let refused =
        answers.values().filter(|answer| matches!(answer, Answer::Status(status) if *status != 200));
    assert_eq!(refused.count(), 0, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sigterm_ends_it_at_once_with_status_1_and_loses_nothing_that_was_taken() {
    let world = World::create(Engine::Sqlite).await;
    world.turn_spool_on(ROOMY);
    let log = Log::in_folder(world.folder());
    let process = start(&world, &log);
    world.ready().await;
    let shop = world.shop();
    let taken = shop.send_all(1..=50, AT_ONCE, |_, _| {}).await;
    assert_eq!(answered(&taken, Answer::OK).len(), 50);
    let slow = SlowSender::begin(&world.receiver, &shop.webhook(SLOW), Part::HalfBody).await.unwrap();
    process.signal("TERM").await;
    log.has_said(CLOSED, 1).await;
    process.signal("TERM").await;
    assert_eq!(process.ended_within(Duration::from_secs(AT_ONCE_SECS_MAX)).await, 1);
    log.has_said("stopped at once: what was in flight will be done again", 1).await;
    assert_eq!(slow.finish().await, Answer::Cut);

    let _again = start(&world, &log);
    world.drained().await;
    let arrived = arrived(&world.vhost).await;
    assert!((1..=50).all(|order| arrived.contains_key(&order)) && !arrived.contains_key(&SLOW));
}
