//! A message that failed and was lost on its way to the desk: somebody emptied the queue that it was on.

use crossdock_ledger::{DeadLetterState, MessageKey};
use crossdock_tests::database::Engine;
use crossdock_tests::world::World;
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;

use super::scene::{accepted, are, asked, desk, said, says, ship, tracked};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_never_came_is_seen_cannot_be_replayed_and_lets_its_order_go_on_when_it_is_discarded(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _others = world.run().await;
    let (id, number) = accepted(&world, &[("TEE-M", 1), ("MUG", 1)]).await;
    let role = crossdock_tracking_writer::ROLE.to_owned();
    let lost = MessageKey { role, message_id: "the first parcel".to_owned() };
    let long_ago = Timestamp::now() - SignedDuration::from_hours(2);
    world.ledger().await.falls(&lost, &number, long_ago).await.unwrap();
    let _desk = desk(&world);
    are(&world, 1, DeadLetterState::Dead).await;
    let (_, listed) = asked(&world, &["list"]).await;
    assert_eq!(listed[0]["class"], "never-came", "{listed}");
    let parcel = ship(&world, &number, "MUG");
    are(&world, 1, DeadLetterState::Waiting).await;

    let (status, words) = said(&world, &["replay", "--all"]).await;
    assert_eq!(status, 1, "{words}");
    assert!(says(&words, "1 failed and never came to the desk: nothing is there to be sent"), "{words}");
    let (status, words) = said(&world, &["discard", "1", "--reason", "the queue was emptied"]).await;
    assert_eq!(status, 0, "{words}");
    tracked(&world, &id, &[&parcel]).await;
    are(&world, 1, DeadLetterState::Done).await;
}
