//! With the ledger away, dead letters wait in their queue.

use crossdock_ledger::DeadLetterState;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::postgres::Postgres;
use crossdock_tests::world::World;

use super::scene::{are, asked, desk, publish_all};

/// Messages of each half.
const LETTERS: u32 = 20;

fn letters(name: &'static str) -> impl Iterator<Item = (String, Vec<u8>)> {
    (0..LETTERS).map(move |letter| (format!("{name}-{letter}"), b"{}".to_vec()))
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_wait_in_the_queue_while_the_ledger_is_away() {
    let server = Postgres::create().await;
    let world = World::create(Engine::Sqlite).await;
    let (former, ledger) = (world.ledger_url(), server.database().await);
    world.change_config(|text| text.replace(&former, &ledger));
    let (_others, _desk) = (world.run().await, desk(&world));
    publish_all(&world, letters("before")).await;
    are(&world, LETTERS.into(), DeadLetterState::Dead).await;

    server.stop().await;
    publish_all(&world, letters("during")).await;
    eventually("they wait in the queue", || async {
        (world.vhost.depth("crossdock.dead-letters").await == LETTERS).then_some(())
    })
    .await;
    server.start().await;
    are(&world, (2 * LETTERS).into(), DeadLetterState::Dead).await;
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
    let (_, listed) = asked(&world, &["list"]).await;
    let once = listed.as_array().unwrap().iter().all(|letter| letter["failures"] == 1);
    assert!(once, "{listed}");
}
