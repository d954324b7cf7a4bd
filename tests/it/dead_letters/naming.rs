//! Names that there are not, and orders that have two.

use crossdock_ledger::DeadLetterState;
use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::world::World;
use jiff::Timestamp;
use rstest::rstest;
use serde_json::json;

use super::scene::{are, asked, desk, said, says, unread};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_found_by_both_its_names_and_what_is_not_there_is_said(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let (_others, _desk) = (world.run().await, desk(&world));
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]).unpaid());
    let number = format!("BG{id}");
    world.order_in_state(&number, "filtered").await;
    world.bigcommerce.change_products(&id, |products| products[0]["sku"] = "NEW-MUG".into());
    world.bigcommerce.set_status(&id, 11);
    are(&world, 1, DeadLetterState::Dead).await;
    for name in [&id, &number] {
        let (status, listed) = asked(&world, &["list", "--order", name]).await;
        assert_eq!((status, &listed[0]["class"]), (0, &json!("sku-unknown")), "{name}: {listed}");
    }
    let (_, listed) = asked(&world, &["list", "--store", "acme-au", "--since", "2026-01-31"]).await;
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");

    for (arguments, sentence) in [
        (["list", "--store", "acme-nz"], "no store 'acme-nz' is configured; there are acme-au, acme-widgets"),
        (["groups", "--role", "importer"], "no role 'importer' has dead letters; there are order-importer, "),
        (
            ["preview", "--group", "00000000"],
            "there is no group '00000000'; `crossdock dead-letters groups` shows",
        ),
        (["replay", "--order", "BG999"], "no dead letter is selected"),
        (["replay", "99", "--yes"], "there is no dead letter 99; `crossdock dead-letters list` shows"),
        (["show", "99", "--log-format=text"], "there is no dead letter 99"),
        (["undo", "99", "--log-format=text"], "nothing was done under number 99"),
    ] {
        let (status, words) = said(&world, &arguments).await;
        assert_eq!(status, 1, "{arguments:?}: {words}");
        assert!(says(&words, sentence), "{arguments:?}: {words}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_what_there_is_not_is_no_failure_and_says_what_is_over(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    world.ledger().await.bury(&[unread("unknown", "acme-au", "1001")], Timestamp::now()).await.unwrap();
    let (status, listed) = asked(&world, &["list", "--role", "unknown"]).await;
    assert_eq!((status, &listed[0]["role"]), (0, &json!("unknown")), "what nobody claims has a role, too");
    let (status, _) = said(&world, &["discard", "--order", "1001", "--reason", "not needed"]).await;
    assert_eq!(status, 0);

    let commands = ["list", "groups", "preview", "export"];
    for (filter, sentence) in [
        (["--store", "acme-widgets"], "no dead letter is selected by: store acme-widgets"),
        (["--until", "2026-01-31"], "no dead letter is selected by: until 2026-01-31"),
        (
            ["--order", "1001"],
            "is selected by: order 1001; 1 discarded: `crossdock dead-letters list --state discarded` shows it",
        ),
    ] {
        for command in commands {
            let (status, words) = said(&world, &[command, filter[0], filter[1]]).await;
            assert!(status == 0 && says(&words, sentence), "{command} {filter:?}: {status}, {words}");
        }
        for command in &commands[..2] {
            assert_eq!(asked(&world, &[command, filter[0], filter[1]]).await, (0, json!([])), "{command}");
        }
        let (status, preview) = asked(&world, &["preview", filter[0], filter[1]]).await;
        assert_eq!((status, &preview["count"]), (0, &json!(0)), "{preview}");
    }
    // Who asks for one by its number wants to see that one.
    for command in commands {
        let (status, words) = said(&world, &[command, "1"]).await;
        assert!(status == 1 && says(&words, "is selected by: number 1; 1 discarded: "), "{status}, {words}");
    }
}
