//! Replays: the same entry through every failure, and what is asked before and said after.

use crossdock_ledger::DeadLetterState;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::json;

use super::scene::{
    DESK, accepted, are, asked, desk, publish_all, refuse_next_shipment, said, says, tracked,
};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_fails_again_is_the_same_entry_with_one_more_failure(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let (_others, _desk) = (world.run().await, desk(&world));
    let (id, number) = accepted(&world, &[("MUG", 1)]).await;
    refuse_next_shipment(&world);
    let shipment = world.warehouse.ship(&number, None).unwrap();
    are(&world, 1, DeadLetterState::Dead).await;
    let (_, before) = asked(&world, &["list"]).await;
    assert_eq!((&before[0]["failures"], &before[0]["subject"]), (&json!(1), &json!(number)));
    let entry = before[0]["id"].to_string();

    refuse_next_shipment(&world);
    let (status, act) = asked(&world, &["replay", &entry]).await;
    assert_eq!((status, &act["progress"]["dead"]), (1, &json!(1)), "{act}");
    let (_, after) = asked(&world, &["list"]).await;
    assert_eq!(after.as_array().unwrap().len(), 1, "{after}");
    assert_eq!((&after[0]["id"], &after[0]["failures"]), (&before[0]["id"], &json!(2)));
    assert_eq!(after[0]["first_failed_at"], before[0]["first_failed_at"]);

    refuse_next_shipment(&world);
    let (status, words) = said(&world, &["replay", "--group", after[0]["group"].as_str().unwrap()]).await;
    assert_eq!(status, 1);
    assert!(says(&words, "1 failed again") && says(&words, "what has failed since it began"), "{words}");
    let (status, words) = said(&world, &["replay", "--order", &number]).await;
    assert_eq!(status, 0, "{words}");
    assert!(says(&words, "replay 3 of 1: ended") && says(&words, "1 done"), "{words}");
    tracked(&world, &id, &[&shipment]).await;
    let (_, shown) = asked(&world, &["show", &entry]).await;
    assert_eq!((&shown["state"], &shown["failures"]), (&json!("done"), &json!(3)), "{shown}");
    assert_eq!(shown["acts"].as_array().unwrap().len(), 3, "{shown}");
    assert_eq!(world.bigcommerce.buyer_mails(&id), 1);

    let (_, words) = said(&world, &["jobs", "1"]).await;
    assert!(says(&words, &format!("1 failed again number {entry}")), "{words}");

    let (status, words) = said(&world, &["replay", &entry]).await;
    assert_eq!(status, 1);
    assert!(says(&words, "nothing of what is selected is dead") && says(&words, "1 done"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_replayed_only_with_a_yes_and_a_replay_that_nobody_sends_says_so() {
    let world = World::create(Engine::Sqlite).await;
    let _others = world.run().await;
    publish_all(&world, (0..51).map(|letter| (format!("broken-{letter}"), b"{}".to_vec()))).await;
    let first = desk(&world);
    are(&world, 51, DeadLetterState::Dead).await;
    first.kill().await;

    let (status, words) = said(&world, &["replay"]).await;
    assert_eq!(status, 1);
    assert!(says(&words, "or --all for every dead one; nothing was done"), "{words}");
    let (status, words) = said(&world, &["replay", "--all"]).await;
    assert_eq!(status, 1);
    assert!(says(&words, "this would replay 51 dead letters: add --yes if all of them are meant"), "{words}");
    let (_, acts) = asked(&world, &["jobs"]).await;
    assert_eq!(acts, json!([]));

    let errors = world.folder().join("errors");
    let command = ["dead-letters", "replay", "--all", "--yes"];
    let replay = Process::start_command_telling(&world.config, &command, &errors);
    let unsent = "does a process run the role dead-letters";
    eventually("it is said that nobody sends them", || async {
        std::fs::read_to_string(&errors).unwrap().contains(unsent).then_some(())
    })
    .await;
    world.leases_of_the_dead_run_out(DESK).await;
    let _second = desk(&world);
    let output = replay.output().await;
    let words = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("51 failed again"), "{words}");
}
