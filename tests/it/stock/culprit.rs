//! A quantity that BigCommerce refuses among others of one bulk write.

use std::time::Duration;

use crossdock_queue::headers;
use crossdock_sandbox::{Fault, Item};
use crossdock_tests::broker::Taken;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::{Value, json};

use super::{level, shows};

/// Where many quantities are written in one call.
const BULK_WRITES: &str = "/v3/inventory/adjustments";

/// What the bulk writes so far were answered.
fn bulk_writes(world: &World) -> Vec<u16> {
    let requests = world.bigcommerce.requests();
    let writes = requests.iter().filter(|it| it.path_and_query.contains(BULK_WRITES));
    writes.map(|it| it.status).collect()
}

async fn dead_letter(world: &World) -> Taken {
    let mut letters = eventually("a dead letter", || async {
        Some(world.vhost.take("crossdock.dead-letters").await).filter(|letters| !letters.is_empty())
    })
    .await;
    assert_eq!(letters.len(), 1);
    letters.remove(0)
}

/// Why the BigCommerce shop has not been told of a SKU.
async fn refused(world: &World, sku: &str) -> String {
    let output = crossdock(&world.config, &["stock", "show", "--json", "--store", "acme-au", sku]).await;
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    shown[0]["stores"][0]["listings"][0]["refused"]["why"].as_str().unwrap_or_default().to_owned()
}

/// The letter asks for the push of this SKU alone, and says what the ledger says: the shop's words.
async fn is_of(world: &World, letter: &Taken, sku: &str, words: &str) {
    let due = letter.json();
    assert_eq!((&due["type"], &due["subject"]), (&json!("stock.due"), &json!(sku)));
    assert_eq!((&due["data"]["store"], &due["data"]["skus"]), (&json!("acme-au"), &json!([sku])));
    assert!(letter.headers[headers::CHAIN].contains(words), "{:?}", letter.headers);
    let why = refused(world, sku).await;
    assert!(why.contains(words), "{why}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn one_bad_sku_in_a_bulk_write_is_one_dead_letter_in_bigcommerces_words_and_the_rest_goes_through(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let cup = world.bigcommerce.catalog().items()[0].clone();
    let cup = Item { product_id: 150, variant_id: 250, sku: "CUP".into(), ..cup };
    world.bigcommerce.catalog().items().push(cup);
    // Refused are all four, the half with the cup, and the cup; then, the other three having been taken, the cup once more, alone.
    let (refused, taken) = (Fault::Status(422), Fault::Hang(Duration::ZERO));
    for fault in [&refused, &refused, &refused, &taken, &taken, &refused] {
        world.bigcommerce.faults().next("PUT", BULK_WRITES, fault.clone());
    }
    let _crossdock = world.run().await;
    let levels = [("CUP", 12), ("MUG", 30), ("TEE-M", 7), ("Test001", 9)];
    world.warehouse.count(levels.map(|(sku, on_hand)| level(sku, on_hand, None)).into());
    for (sku, on_hand) in &levels[1..] {
        shows(&world, sku, on_hand - 1, *on_hand).await;
    }
    let letter = dead_letter(&world).await;
    let words = "the shop refused it with 422: The request has missing or invalid data.";
    is_of(&world, &letter, "CUP", &format!("the quantity of 'CUP': {words}")).await;
    let search = [422, 422, 422, 200, 200, 422];
    assert_eq!(bulk_writes(&world), search);
    assert_eq!(world.bigcommerce.catalog().stock("CUP"), Some(40), "it is as it was");

    // It is not tried again with what changes next, and no second letter comes of it. A person has it told again.
    world.warehouse.count(vec![level("CUP", 13, None), level("MUG", 31, None)]);
    shows(&world, "MUG", 30, 31).await;
    assert_eq!(bulk_writes(&world), [&search[..], &[200]].concat());
    assert_eq!(world.bigcommerce.catalog().stock("CUP"), Some(40));
    let output = crossdock(&world.config, &["stock", "push", "--store", "acme-au", "--full"]).await;
    assert_eq!(output.status.code(), Some(0));
    eventually("the cup is told", || async {
        (world.bigcommerce.catalog().stock("CUP") == Some(12)).then_some(())
    })
    .await;
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}
