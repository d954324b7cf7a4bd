//! A replay that is cancelled leaves the rest as it was, and goes on where it stopped when it is resumed.

use crossdock_ledger::DeadLetterState;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::{Value, json};

use super::scene::{DESK, accepted, are, asked, desk, refuse_next_shipment, said, says, tracking};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_replay_sends_no_more_and_a_resumed_one_sends_the_rest(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let (_others, first) = (world.run().await, desk(&world));
    let mut ids = Vec::new();
    for dead in 1..=3 {
        let (id, number) = accepted(&world, &[("MUG", 1)]).await;
        refuse_next_shipment(&world);
        world.warehouse.ship(&number, None).unwrap();
        are(&world, dead, DeadLetterState::Dead).await;
        ids.push(id);
    }
    first.kill().await;
    world.leases_of_the_dead_run_out(DESK).await;

    let (status, act) = asked(&world, &["replay", "--role", "tracking-writer", "--detach"]).await;
    assert_eq!((status, &act["progress"]["queued"]), (0, &json!(3)), "{act}");
    let job = act["id"].to_string();
    let (status, act) = asked(&world, &["jobs", "--cancel", &job]).await;
    let goes = &act[0]["progress"];
    assert_eq!((status, &goes["left"], &goes["cancelled"]), (0, &json!(3), &json!(true)), "{act}");
    are(&world, 3, DeadLetterState::Dead).await;
    let (status, words) = said(&world, &["jobs", "--cancel", &job]).await;
    assert_eq!(status, 1);
    assert!(says(&words, &format!("replay {job} has ended already: cancelled; 3 left out")), "{words}");

    let _desk = desk(&world);
    let (status, act) = asked(&world, &["jobs", "--resume", &job]).await;
    assert_eq!(status, 0, "{act}");
    are(&world, 3, DeadLetterState::Done).await;
    assert!(ids.iter().all(|id| tracking(&world, id).len() == 1));
    let (_, acts) = asked(&world, &["jobs"]).await;
    let kinds: Vec<&Value> = acts.as_array().unwrap().iter().map(|act| &act["kind"]).collect();
    assert_eq!(kinds, [&json!("resume"), &json!("cancel"), &json!("replay")], "{acts}");
    assert_eq!(acts[2]["progress"]["done"], 3, "{acts}");
    let (status, words) = said(&world, &["jobs", "--resume", &job]).await;
    assert_eq!(status, 1);
    assert!(says(&words, &format!("replay {job} was not cancelled")), "{words}");
    let (status, words) = said(&world, &["undo", &job]).await;
    let sentence = format!("{job} is a replay; only a discarding can be taken back");
    assert!(status == 1 && says(&words, &sentence), "{status}, {words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_stops_watching_does_not_stop_the_replay() {
    let world = World::create(Engine::Sqlite).await;
    let (_others, first) = (world.run().await, desk(&world));
    let (_, number) = accepted(&world, &[("MUG", 1)]).await;
    refuse_next_shipment(&world);
    world.warehouse.ship(&number, None).unwrap();
    are(&world, 1, DeadLetterState::Dead).await;
    first.kill().await;
    world.leases_of_the_dead_run_out(DESK).await;

    let watched = Process::start_command(&world.config, &["dead-letters", "replay", "--all"]);
    eventually("it is queued", || async {
        let (_, acts) = asked(&world, &["jobs"]).await;
        (acts[0]["progress"]["queued"] == 1).then_some(())
    })
    .await;
    watched.signal("INT").await;
    let output = watched.output().await;
    let words = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("crossdock dead-letters jobs --cancel 1"), "{words}");
    let _desk = desk(&world);
    are(&world, 1, DeadLetterState::Done).await;
}
