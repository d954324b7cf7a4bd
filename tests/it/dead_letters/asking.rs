//! What is asked before much is done, or before it is done to several shops; and that just what was confirmed is done.

use crossdock_ledger::DeadLetterState;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::Process;
use crossdock_tests::terminal::Terminal;
use crossdock_tests::world::World;
use jiff::Timestamp;
use rstest::rstest;
use serde_json::json;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::scene::{are, asked, desk, publish, publish_all, said, says, unread};

const CTRL_C: &str = "\x03";

/// An exit status: ended by SIGINT.
const INTERRUPTED: i32 = 130;

/// Whether this line of a terminal shows how far a replay of 51 has come.
fn is_a_bar(line: &str) -> bool {
    line.contains(['█', '░']) && line.contains(" of 51 dead letters, ")
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_terminal_many_are_asked_about_and_just_those_are_replayed_or_discarded() {
    let world = World::create(Engine::Sqlite).await;
    let (_others, _desk) = (world.run().await, desk(&world));
    publish_all(&world, (0..51).map(|letter| (format!("broken-{letter}"), b"{}".to_vec()))).await;
    are(&world, 51, DeadLetterState::Dead).await;
    let replay = async || {
        let mut terminal = Terminal::start(&world.config, &["dead-letters", "replay", "--all"]);
        terminal.shows("replay 51 dead letters? [y/N] ").await;
        terminal
    };

    for no in ["n\n", "\n", "yesterday\n"] {
        let mut terminal = replay().await;
        terminal.types(no).await;
        let (status, shown) = terminal.ended().await;
        assert!(status == 1 && shown.contains("nothing was done"), "{no:?}: {status}, {shown}");
    }
    let mut terminal = replay().await;
    terminal.types(CTRL_C).await;
    assert_eq!(terminal.ended().await.0, INTERRUPTED);
    let (_, acts) = asked(&world, &["jobs"]).await;
    assert_eq!(acts, json!([]));

    let mut terminal = replay().await;
    publish(&world, "while it is asked", b"{}").await;
    are(&world, 52, DeadLetterState::Dead).await;
    terminal.types("y\n").await;
    let (status, shown) = terminal.ended().await;
    assert!(status == 1 && shown.contains("51 failed again"), "{status}, {shown}");
    assert!(shown.lines().flat_map(|line| line.split('\r')).any(is_a_bar), "{shown}");
    let failures = async |failures: u64| {
        let (_, listed) = asked(&world, &["list", "--limit", "100"]).await;
        listed.as_array().unwrap().iter().filter(|letter| letter["failures"] == failures).count()
    };
    assert_eq!((failures(2).await, failures(1).await), (51, 1));

    let arguments = ["dead-letters", "discard", "--all", "--reason", "not needed"];
    let mut terminal = Terminal::start(&world.config, &arguments);
    terminal.shows("discard 52 dead letters? [y/N] ").await;
    publish(&world, "while that is asked", b"{}").await;
    are(&world, 53, DeadLetterState::Dead).await;
    terminal.types("yes\n").await;
    let (status, shown) = terminal.ended().await;
    assert!(status == 0 && shown.contains("52 dead letters are discarded"), "{status}, {shown}");
    are(&world, 1, DeadLetterState::Dead).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_number_of_two_shops_means_both_only_with_a_yes(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let letters = ["acme-au", "acme-widgets"].map(|store| unread("order-importer", store, "1001"));
    world.ledger().await.bury(&letters, Timestamp::now()).await.unwrap();
    for (what, arguments) in [
        ("replay", &["replay", "--order", "1001"][..]),
        ("discard", &["discard", "--order", "1001", "--reason", "not needed"]),
    ] {
        let (status, words) = said(&world, arguments).await;
        let sentence = format!(
            "this would {what} 2 dead letters (1 of acme-au, 1 of acme-widgets): choose a shop with --store, or add --yes if all of \
             them are meant; nothing was done"
        );
        assert!(status == 1 && says(&words, &sentence), "{status}, {words}");
    }
    let (_, acts) = asked(&world, &["jobs"]).await;
    assert_eq!(acts, json!([]));

    let (status, act) = asked(&world, &["replay", "--order", "1001", "--yes", "--detach"]).await;
    assert_eq!((status, &act["count"]), (0, &json!(2)), "{act}");
    asked(&world, &["jobs", "--cancel", &act["id"].to_string()]).await;
    let of_one = ["discard", "--order", "1001", "--store", "acme-au", "--reason", "not needed"];
    let (status, act) = asked(&world, &of_one).await;
    assert_eq!((status, &act["count"]), (0, &json!(1)), "{act}");
    // It is of one shop only by now.
    let (status, act) = asked(&world, &["replay", "--order", "1001", "--detach"]).await;
    assert_eq!((status, &act["count"]), (0, &json!(1)), "{act}");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_stops_it_while_a_replay_begins_is_told_that_it_goes_on() {
    let world = World::create(Engine::Postgres).await;
    world
        .ledger()
        .await
        .bury(&[unread("order-importer", "acme-au", "1001")], Timestamp::now())
        .await
        .unwrap();
    let url = world.ledger_url();
    let mut in_its_way = PgConnection::connect(&url).await.unwrap();
    in_its_way.execute("BEGIN; SELECT id FROM dead_letter_desk FOR UPDATE").await.unwrap();
    let errors = world.folder().join("errors");
    let replay = Process::start_command_telling(&world.config, &["dead-letters", "replay", "--all"], &errors);
    let begins =
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("it is about to begin", || async {
        let mut looking = PgConnection::connect(&url).await.ok()?;
        (!looking.fetch_all(begins).await.ok()?.is_empty()).then_some(())
    })
    .await;
    replay.signal("INT").await;
    eventually("it was heard", || async {
        std::fs::read_to_string(&errors).unwrap().contains("stopping").then_some(())
    })
    .await;
    in_its_way.execute("ROLLBACK").await.unwrap();
    let output = replay.output().await;
    let words = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("replay 1 goes on") && words.contains("jobs --cancel 1"), "{words}");
    let (_, acts) = asked(&world, &["jobs"]).await;
    assert_eq!(acts[0]["progress"]["queued"], 1, "{acts}");
}
