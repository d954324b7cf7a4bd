//! More connections than there are places, all of them waiting for their peers: they give way to who has something to say.

use crossdock_receiver::Limits;
use crossdock_tests::arrived::arrived;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::Process;
use crossdock_tests::shop_sender::{Answer, answered};
use crossdock_tests::slow_sender::{Part, SlowSender};
use crossdock_tests::world::World;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use rstest::rstest;

/// Connections of those who begin a request and do not end it: more than there are places.
const BEGUN: usize = 800;

/// Webhooks of the genuine shop, each over a connection of its own.
const GENUINE: u32 = 100;

/// Requests that the shop has under way at once.
const AT_ONCE: usize = 16;

/// The order that each of the others begins to tell of.
const UNFINISHED: u32 = 1_000_000;

const GAVE_WAY: &str = r#"crossdock_receiver_connections_ended_total{reason="gave-way"}"#;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_house_full_of_who_waits_gives_way_to_genuine_senders(
    #[values(Part::Nothing, Part::HalfHead, Part::Head, Part::HalfBody)] part: Part,
) {
    let world = World::create(Engine::Sqlite).await;
    let _receiver = Process::start(&world.config, Some("receiver"));
    world.ready().await;
    let (shop, places) = (world.shop(), Limits::default().connections);
    let unfinished = shop.webhook(UNFINISHED);
    let begun = stream::iter(0..BEGUN).map(|_| SlowSender::begin(&world.receiver, &unfinished, part));
    let held: Vec<SlowSender> = begun.buffered(AT_ONCE).try_collect().await.unwrap();
    let began_to_give_way = eventually("the house is full", || async {
        let full = world.metric("crossdock_receiver_connections").await >= places as u64;
        let gave_way = world.count(GAVE_WAY).await;
        (full && gave_way >= (BEGUN - places) as u64).then_some(gave_way)
    })
    .await;

    let told = shop.send_each_anew(1..=GENUINE, AT_ONCE).await;
    assert_eq!(answered(&told, Answer::OK).len(), GENUINE as usize, "{told:?}");
    assert!(world.count(GAVE_WAY).await > began_to_give_way, "nobody had to give way");
    let arrived = arrived(&world.vhost).await;
    assert_eq!(arrived.into_keys().collect::<Vec<_>>(), (1..=GENUINE).collect::<Vec<_>>());
    drop(held);
}
