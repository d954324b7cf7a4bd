//! Tables fit where no terminal says how wide it is: a log, a mail, a screen of 100 columns.

use crossdock_ledger::{Acting, DeadLettersWanted, Fallen};
use crossdock_tests::database::Engine;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use jiff::Timestamp;

use super::scene::{ledger, unread};

/// Widest line, in characters.
const COLUMNS: usize = 100;

/// As long as any name of a shop or person is shown.
const STORE: &str = "my-shop-of-24-characters";

/// With a subject that is longer than any order's number, and an error in which some words are longer than a line.
fn long(role: &str, number: usize) -> Fallen {
    let link = format!("https://api.example.com/{}", "stores/v2/orders/".repeat(10));
    let chain = format!("the shop refused it with 422: {} see {link}", "the field is not right; ".repeat(9));
    let subject = format!("{number}-{}", "ORDER-OF-A-MARKETPLACE-".repeat(3));
    let failed = unread(role, STORE, &subject);
    Fallen { class: "shop-credentials-refused".to_owned(), cause: chain.clone(), chain, ..failed }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_long_names_fit_into_100_columns() {
    let world = World::create(Engine::Sqlite).await;
    world
        .ledger()
        .await
        .bury(&[long("order-importer", 1), long("tracking-writer", 2)], Timestamp::now())
        .await
        .unwrap();
    let act =
        Acting { who: STORE.to_owned(), at: Timestamp::now(), note: "it is not needed any more; ".repeat(8) };
    let (ledger, all) = (ledger(&world).await, DeadLettersWanted::default());
    let discarded = ledger.discard(&all, &act).await.unwrap().unwrap();
    ledger.undo_discard(discarded, &act).await.unwrap();
    ledger.begin_replay(&DeadLettersWanted { limit: Some(1), ..all }, &act).await.unwrap().unwrap();
    for command in ["list", "groups", "preview", "jobs"] {
        let output = crossdock(&world.config, &["dead-letters", command]).await;
        let table = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && table.contains(STORE), "{command}: {table}");
        for line in table.lines() {
            assert!(line.chars().count() <= COLUMNS, "{command}: {} columns: {line}", line.chars().count());
        }
    }
}
