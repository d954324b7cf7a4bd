//! Forgers and slow senders beside genuine shops: the genuine are all taken, and memory stays bounded.

use std::net::Ipv4Addr;
use std::time::Duration;

use crossdock_receiver::Limits;
use crossdock_tests::arrived::arrived;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::flood::flood;
use crossdock_tests::log::Log;
use crossdock_tests::process::Process;
use crossdock_tests::shop_sender::{Answer, ShopSender, answered};
use crossdock_tests::slow_sender::{Part, SlowSender};
use crossdock_tests::world::World;
use rstest::rstest;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Genuine webhooks beside each flood.
const GENUINE: u32 = 500;

/// Time between two of them.
const GENUINE_PAUSE: Duration = Duration::from_millis(16);

/// Connections of the forgers, each with a request under way all the time.
const FORGERS: usize = 64;

/// Forged requests that make a flood, at least.
const FORGED_MIN: usize = 10_000;

/// Where the numbers of the forgers' orders begin.
const FORGED: u32 = 1_000_000;

/// What a flood may add to the memory that the process holds after genuine webhooks alone, in KiB.
const MEMORY_GROWTH_KIB_MAX: u64 = 64 * 1024;

/// What a flood from one address may add to the log, in lines.
const FLOOD_LINES_MAX: usize = 10;

/// Slow senders of each kind.
const SLOW: u32 = 100;

/// Time between two of a slow sender's bytes.
const TRICKLE: Duration = Duration::from_millis(500);

/// What a busy machine may add to a deadline.
const LATE: Duration = Duration::from_secs(10);

/// A receiver that has taken some webhooks, so that it holds the memory that it needs.
async fn warm(world: &World, shop: &ShopSender) -> (Process, Log) {
    let log = Log::in_folder(world.folder());
    let process = Process::start_logging(&world.config, Some("receiver"), &log, "warn,crossdock=info");
    world.ready().await;
    let told = shop.send_all(GENUINE + 1..=2 * GENUINE, FORGERS, |_, _| {}).await;
    assert_eq!(answered(&told, Answer::OK).len(), told.len(), "{told:?}");
    (process, log)
}

/// The genuine webhooks were all taken, and their events are the only ones.
async fn only_genuine_arrived(world: &World) {
    let arrived = arrived(&world.vhost).await;
    assert!((1..=2 * GENUINE).all(|order| arrived.contains_key(&order)), "a genuine event is missing");
    assert_eq!(arrived.len(), 2 * GENUINE as usize, "{arrived:?}");
}

fn grew_within_bounds(process: &Process, before_kib: u64) {
    let after_kib = process.memory_kib();
    let grown = after_kib.saturating_sub(before_kib);
    assert!(grown <= MEMORY_GROWTH_KIB_MAX, "from {before_kib} to {after_kib} KiB");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn genuine_webhooks_are_all_taken_beside_a_flood_of_forged_ones(
    #[values(Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2))] forgers_address: Ipv4Addr,
) {
    let world = World::create(Engine::Sqlite).await;
    let (shop, forged) = (world.shop(), world.forger().webhook(FORGED));
    let (process, log) = warm(&world, &shop).await;
    let (before_kib, before_lines) = (process.memory_kib(), log.lines().len());
    let over = CancellationToken::new();

    let genuine = async {
        let told = shop.send_paced(1..=GENUINE, GENUINE_PAUSE).await;
        over.cancel();
        told
    };
    let flood = flood(&world.receiver, &forged, forgers_address, FORGERS, FORGED_MIN, &over);
    let (told, heard) = tokio::join!(genuine, flood);
    assert_eq!(answered(&told, Answer::OK).len(), GENUINE as usize, "{told:?}");
    assert!(heard.contains_key(&Answer::Status(401)), "{heard:?}");
    // A forger who is shown the door without a word is refused too.
    let refused = |answer: &Answer| {
        matches!(answer, Answer::Status(401 | 429 | 503) | Answer::Cut | Answer::Unreachable)
    };
    assert!(heard.keys().all(refused), "{heard:?}");
    assert!(heard.values().sum::<usize>() >= FORGED_MIN, "{heard:?}");
    grew_within_bounds(&process, before_kib);
    let lines = log.lines().split_off(before_lines);
    assert!(!lines.is_empty() && lines.len() <= FLOOD_LINES_MAX, "{lines:?}");
    only_genuine_arrived(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn genuine_webhooks_are_all_taken_beside_slow_senders_who_are_cut() {
    let world = World::create(Engine::Sqlite).await;
    let shop = world.shop();
    let (process, _) = warm(&world, &shop).await;
    let before_kib = process.memory_kib();
    let mut slow = JoinSet::new();
    for (part, order) in
        [Part::HalfHead, Part::HalfBody].into_iter().flat_map(|part| (0..SLOW).map(move |n| (part, n)))
    {
        // Genuine but for their pace: they are cut for that alone.
        let begun = SlowSender::begin(&world.receiver, &shop.webhook(FORGED + order), part).await.unwrap();
        slow.spawn(async move { (part, begun.trickle(TRICKLE).await) });
    }
    let told = shop.send_paced(1..=GENUINE, GENUINE_PAUSE).await;
    assert_eq!(answered(&told, Answer::OK).len(), GENUINE as usize, "{told:?}");
    grew_within_bounds(&process, before_kib);

    let Limits { head, body, .. } = Limits::default();
    while let Some(ended) = slow.join_next().await {
        let (part, (answer, after)) = ended.unwrap();
        assert!(matches!(answer, Answer::Cut | Answer::Status(408 | 503)), "{part:?}: {answer:?}");
        assert!(after <= head.max(body) + LATE, "{part:?} after {after:?}");
    }
    // Its kept connections are the last but those of who looks.
    drop(shop);
    eventually("only who looks is connected", || async {
        (world.metric("crossdock_receiver_connections").await <= 16).then_some(())
    })
    .await;
    only_genuine_arrived(&world).await;
}
