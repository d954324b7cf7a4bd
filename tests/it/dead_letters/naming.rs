//! Names that there are not, and orders that have two.

use crossdock_ledger::DeadLetterState;
use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::json;

use super::scene::{are, asked, desk, said, says};

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
        (["list", "--store", "acme-widgets"], "no dead letter is selected by: store acme-widgets"),
        (["list", "--until", "2026-01-31"], "no dead letter is selected by: until 2026-01-31"),
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
