//! What is discarded, taken back, and what follows it: shipments of one order keep their order.

use crossdock_ledger::DeadLetterState;
use crossdock_tests::database::Engine;
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::{Value, json};

use super::scene::{accepted, are, asked, desk, refuse_next_shipment, said, says, ship, tracked};

/// The number of the one that is dead, and those that wait.
async fn dead_and_waiting(world: &World) -> (String, Vec<Value>) {
    let (_, dead) = asked(world, &["list", "--state", "dead"]).await;
    let (_, waiting) = asked(world, &["list", "--state", "waiting"]).await;
    assert_eq!(dead.as_array().unwrap().len(), 1, "{dead}");
    (dead[0]["id"].to_string(), waiting.as_array().unwrap().clone())
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn shipments_wait_behind_a_dead_one_and_follow_in_order_after_its_replay(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let (_others, _desk) = (world.run().await, desk(&world));
    let (id, number) = accepted(&world, &[("TEE-M", 1), ("MUG", 2)]).await;
    refuse_next_shipment(&world);
    let first = ship(&world, &number, "TEE-M");
    are(&world, 1, DeadLetterState::Dead).await;
    let second = ship(&world, &number, "MUG");
    are(&world, 1, DeadLetterState::Waiting).await;
    let third = ship(&world, &number, "MUG");
    are(&world, 2, DeadLetterState::Waiting).await;

    // Nobody else waits.
    let (other, other_number) = accepted(&world, &[("MUG", 1)]).await;
    let only = world.warehouse.ship(&other_number, None).unwrap();
    tracked(&world, &other, &[&only]).await;
    assert!(world.bigcommerce.shipments(&id).is_empty());

    let (dead, waiting) = dead_and_waiting(&world).await;
    for waits in &waiting {
        let (_, shown) = asked(&world, &["show", &waits["id"].to_string()]).await;
        assert_eq!(shown["class"], "behind-dead-letter", "{shown}");
        assert!(shown["behind"]["id"].is_number(), "{shown}");
        let (_, words) = said(&world, &["show", &waits["id"].to_string()]).await;
        assert!(says(&words, "waits behind dead letter"), "{words}");
    }
    let (status, words) = said(&world, &["replay", &dead]).await;
    assert_eq!(status, 0, "{words}");
    tracked(&world, &id, &[&first, &second, &third]).await;
    are(&world, 3, DeadLetterState::Done).await;
    world.order_in_state(&number, "shipped").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn shipments_follow_in_order_after_the_one_before_them_was_discarded(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let (_others, _desk) = (world.run().await, desk(&world));
    let (id, number) = accepted(&world, &[("TEE-M", 1), ("MUG", 2)]).await;
    refuse_next_shipment(&world);
    ship(&world, &number, "TEE-M");
    are(&world, 1, DeadLetterState::Dead).await;
    let second = ship(&world, &number, "MUG");
    are(&world, 1, DeadLetterState::Waiting).await;
    let third = ship(&world, &number, "MUG");
    are(&world, 2, DeadLetterState::Waiting).await;
    let (dead, _) = dead_and_waiting(&world).await;
    let (status, words) =
        said(&world, &["discard", &dead, "--reason", "sent by courier, without tracking"]).await;
    assert_eq!(status, 0);
    assert!(says(&words, "1 dead letter is discarded; `crossdock dead-letters undo 1`"), "{words}");
    tracked(&world, &id, &[&second, &third]).await;
    are(&world, 2, DeadLetterState::Done).await;
    are(&world, 1, DeadLetterState::Discarded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarding_needs_a_reason_and_can_be_taken_back() {
    let world = World::create(Engine::Sqlite).await;
    let (_others, _desk) = (world.run().await, desk(&world));
    let (id, number) = accepted(&world, &[("MUG", 1)]).await;
    refuse_next_shipment(&world);
    let shipment = world.warehouse.ship(&number, None).unwrap();
    are(&world, 1, DeadLetterState::Dead).await;
    let (status, _) = said(&world, &["discard", "--order", &number]).await;
    assert_eq!(status, 2, "clap wants a reason");
    let (status, words) = said(&world, &["discard", "--order", &number, "--reason", "  "]).await;
    assert_eq!(status, 1);
    assert!(says(&words, "say in --reason why"), "{words}");
    let (status, _) = said(&world, &["discard", "--reason", "all of them"]).await;
    assert_eq!(status, 1, "without a filter nothing is discarded");
    are(&world, 1, DeadLetterState::Dead).await;

    let (status, act) = asked(&world, &["discard", "--order", &number, "--reason", "not needed"]).await;
    assert_eq!((status, &act["count"], &act["note"]), (0, &json!(1), &json!("not needed")), "{act}");
    are(&world, 1, DeadLetterState::Discarded).await;
    let discarding = act["id"].to_string();
    let (status, undone) = asked(&world, &["undo", &discarding]).await;
    assert_eq!((status, &undone["restored"]), (0, &json!(1)), "{undone}");
    are(&world, 1, DeadLetterState::Dead).await;
    let (status, words) = said(&world, &["undo", &discarding]).await;
    assert_eq!(status, 1);
    assert!(says(&words, "is still there to be taken back"), "{words}");
    let (_, acts) = asked(&world, &["jobs"]).await;
    assert_eq!((&acts[0]["kind"], &acts[0]["of"]), (&json!("undo"), &act["id"]), "{acts}");
    let (status, words) = said(&world, &["undo", &acts[0]["id"].to_string()]).await;
    assert_eq!(status, 1);
    let undoing = acts[0]["id"].to_string();
    let sentence =
        format!("{undoing} is the taking back of a discarding; only a discarding can be taken back");
    assert!(says(&words, &sentence), "{words}");

    let (status, words) = said(&world, &["replay", "--order", &number]).await;
    assert_eq!(status, 0, "{words}");
    tracked(&world, &id, &[&shipment]).await;
}
