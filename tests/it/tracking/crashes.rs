//! A tracking-writer that is killed at every point of its way: whatever it had done, the next one brings to the same end.

use crossdock_domain::Platform;
use crossdock_ledger::ShipmentState;
use crossdock_queue::Outcome;
use crossdock_tests::database::Engine;
use rstest::rstest;

use super::scene::Scene;
use super::told::{dispatched, voided};

/// Moves that no way has: a test that counts so far waits for something that never comes.
const MOVES_MAX: usize = 5_000;

/// How often each way is gone from its first move to its last: a move is as long as nothing has to be waited for, so no two ways stop at
/// all the same points.
const PASSES: usize = 5;

/// Lets a writer be killed after one move, after two, and so on, until it lives and has an outcome.
async fn at_every_point(
    (engine, platform): (Engine, Platform),
    killed_after: impl AsyncFn(&Scene, usize) -> Option<Outcome>,
) {
    let scene = Scene::open(engine, platform).await;
    for _ in 0..PASSES {
        let mut moves = 1;
        while killed_after(&scene, moves).await.is_none() {
            moves += 1;
            assert!(moves < MOVES_MAX, "it never comes to its end");
        }
        assert!(moves > 2, "it was killed {} times only", moves - 1);
    }
}

#[rstest]
#[tokio::test]
async fn a_killed_writer_leaves_one_shipment_one_status_and_one_mail(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Platform::Bigcommerce, Platform::Ecwid)] platform: Platform,
) {
    at_every_point((engine, platform), async |scene, moves| {
        let (order, shop) = (scene.released().await, &scene.shop);
        let told = dispatched(&order, "T1", 0);
        let outcome = scene.killed_after(moves, &told).await;
        assert_eq!(scene.handled(&told).await, Outcome::Done, "after {moves} moves");

        assert_eq!(shop.numbers(&order), ["T1"], "after {moves} moves");
        assert_eq!(shop.statuses(&order), [shop.shipped()], "after {moves} moves");
        assert_eq!(shop.mails(&order), 1, "after {moves} moves");
        assert_eq!(scene.state(&order).await, ShipmentState::Done);
        outcome
    })
    .await;
}

/// A killed writer leaves a doubt, except where nobody can have begun to write: what the order says of itself is not enough then.
#[rstest]
#[tokio::test]
async fn after_a_doubt_the_shipments_are_read_before_one_is_written_and_without_one_they_are_not(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    at_every_point((engine, Platform::Bigcommerce), async |scene, moves| {
        let (order, shop) = (scene.released().await, &scene.shop);
        let told = dispatched(&order, "T1", 0);
        let outcome = scene.killed_after(moves, &told).await;
        let first = shop.calls(&order);
        let whole = ["GET", "POST /shipments", "PUT"];
        assert!(whole[..first.len()] == first, "after {moves} moves: {first:?}");
        assert!(outcome.is_none() || first == whole, "{first:?}");

        scene.handled(&told).await;
        let again = &shop.calls(&order)[first.len()..];
        let place = |call| again.iter().position(|it| it == call);
        if let Some(written) = place("POST /shipments").filter(|_| !first.is_empty()) {
            let read = place("GET /shipments").is_some_and(|read| read < written);
            assert!(read, "after {moves} moves: {first:?}, then {again:?}");
        }
        outcome
    })
    .await;
}

#[rstest]
#[tokio::test]
async fn a_killed_writer_leaves_one_shipment_with_the_newest_label(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Platform::Bigcommerce, Platform::Ecwid)] platform: Platform,
) {
    at_every_point((engine, platform), async |scene, moves| {
        let (order, shop) = (scene.released().await, &scene.shop);
        let (first, second) = (dispatched(&order, "T1", 0), dispatched(&order, "T2", 60));
        scene.handled(&first).await;
        let outcome = scene.killed_after(moves, &second).await;
        // Told once more in the meantime: the old number does not come back.
        assert_eq!(scene.handled(&first).await, Outcome::Done, "after {moves} moves");
        assert_eq!(scene.handled(&second).await, Outcome::Done, "after {moves} moves");

        assert_eq!(shop.numbers(&order), ["T2"], "after {moves} moves");
        assert_eq!(shop.statuses(&order), [shop.shipped()], "after {moves} moves");
        assert_eq!(scene.state(&order).await, ShipmentState::Done);
        outcome
    })
    .await;
}

#[rstest]
#[tokio::test]
async fn a_killed_writer_leaves_nothing_of_what_was_voided(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Platform::Bigcommerce, Platform::Ecwid)] platform: Platform,
) {
    at_every_point((engine, platform), async |scene, moves| {
        let (order, shop) = (scene.released().await, &scene.shop);
        let (told, void) = (dispatched(&order, "T1", 0), voided(&order, 60));
        scene.handled(&told).await;
        let outcome = scene.killed_after(moves, &void).await;
        assert_eq!(scene.handled(&void).await, Outcome::Done, "after {moves} moves");
        assert_eq!(scene.handled(&told).await, Outcome::Done, "a copy that comes late");

        assert_eq!(shop.numbers(&order), [""; 0], "after {moves} moves");
        assert_eq!(shop.statuses(&order), [shop.shipped(), shop.open()], "after {moves} moves");
        assert_eq!(scene.state(&order).await, ShipmentState::Voided);
        outcome
    })
    .await;
}

/// A void that comes while it is not known whether the shipment was written.
#[rstest]
#[tokio::test]
async fn a_void_cancels_what_a_killed_writer_had_begun_to_write(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Platform::Bigcommerce, Platform::Ecwid)] platform: Platform,
) {
    at_every_point((engine, platform), async |scene, moves| {
        let (order, shop) = (scene.released().await, &scene.shop);
        let (told, void) = (dispatched(&order, "T1", 0), voided(&order, 60));
        let outcome = scene.killed_after(moves, &told).await;
        assert_eq!(scene.handled(&void).await, Outcome::Done, "after {moves} moves");
        assert_eq!(scene.handled(&told).await, Outcome::Done, "after {moves} moves");
        assert_eq!(shop.numbers(&order), [""; 0], "after {moves} moves");
        let statuses = shop.statuses(&order);
        let back = [shop.shipped(), shop.open()];
        assert!(statuses.is_empty() || statuses == back, "after {moves} moves: {statuses:?}");
        outcome
    })
    .await;
}
