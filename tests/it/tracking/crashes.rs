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

/// Lets a writer be killed after one move, after two, and so on, until it lives.
async fn at_every_point(mut killed_after: impl AsyncFnMut(usize) -> bool) {
    for _ in 0..PASSES {
        let mut moves = 1;
        while !killed_after(moves).await {
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
    let scene = Scene::open(engine).await;
    at_every_point(async |moves| {
        let order = scene.released(platform).await;
        let told = dispatched(platform, &order, "T1", 0);
        let lived = scene.killed_after(moves, &told).await;
        assert_eq!(scene.handled(&told).await, Outcome::Done, "after {moves} moves");

        let status = if platform == Platform::Bigcommerce { "10" } else { "SHIPPED" };
        assert_eq!(scene.shown(platform, &order), ["T1"], "after {moves} moves");
        assert_eq!(scene.statuses(platform, &order), [status], "after {moves} moves");
        assert_eq!(scene.mails(platform, &order), 1, "after {moves} moves");
        assert_eq!(scene.consignment(platform, &order).await.state, ShipmentState::Done);
        lived.is_some()
    })
    .await;
}

#[rstest]
#[tokio::test]
async fn a_killed_writer_leaves_one_shipment_with_the_newest_label(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Platform::Bigcommerce, Platform::Ecwid)] platform: Platform,
) {
    let scene = Scene::open(engine).await;
    at_every_point(async |moves| {
        let order = scene.released(platform).await;
        let (first, second) = (dispatched(platform, &order, "T1", 0), dispatched(platform, &order, "T2", 60));
        scene.handled(&first).await;
        let lived = scene.killed_after(moves, &second).await;
        // Told once more in the meantime: the old number does not come back.
        assert_eq!(scene.handled(&first).await, Outcome::Done, "after {moves} moves");
        assert_eq!(scene.handled(&second).await, Outcome::Done, "after {moves} moves");

        assert_eq!(scene.shown(platform, &order), ["T2"], "after {moves} moves");
        assert_eq!(scene.statuses(platform, &order).len(), 1, "after {moves} moves");
        assert_eq!(scene.consignment(platform, &order).await.state, ShipmentState::Done);
        lived.is_some()
    })
    .await;
}

#[rstest]
#[tokio::test]
async fn a_killed_writer_leaves_nothing_of_what_was_voided(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Platform::Bigcommerce, Platform::Ecwid)] platform: Platform,
) {
    let scene = Scene::open(engine).await;
    at_every_point(async |moves| {
        let order = scene.released(platform).await;
        let (told, void) = (dispatched(platform, &order, "T1", 0), voided(platform, &order, 60));
        scene.handled(&told).await;
        let lived = scene.killed_after(moves, &void).await;
        assert_eq!(scene.handled(&void).await, Outcome::Done, "after {moves} moves");
        assert_eq!(scene.handled(&told).await, Outcome::Done, "a copy that comes late");

        let statuses = match platform {
            Platform::Bigcommerce => ["10", "11"],
            Platform::Ecwid => ["SHIPPED", "AWAITING_PROCESSING"],
        };
        assert_eq!(scene.shown(platform, &order), [""; 0], "after {moves} moves");
        assert_eq!(scene.statuses(platform, &order), statuses, "after {moves} moves");
        assert_eq!(scene.consignment(platform, &order).await.state, ShipmentState::Voided);
        lived.is_some()
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
    let scene = Scene::open(engine).await;
    at_every_point(async |moves| {
        let order = scene.released(platform).await;
        let (told, void) = (dispatched(platform, &order, "T1", 0), voided(platform, &order, 60));
        let lived = scene.killed_after(moves, &told).await;
        assert_eq!(scene.handled(&void).await, Outcome::Done, "after {moves} moves");
        assert_eq!(scene.handled(&told).await, Outcome::Done, "after {moves} moves");
        assert_eq!(scene.shown(platform, &order), [""; 0], "after {moves} moves");
        let statuses = scene.statuses(platform, &order);
        assert!(statuses.is_empty() || statuses.len() == 2, "after {moves} moves: {statuses:?}");
        lived.is_some()
    })
    .await;
}
