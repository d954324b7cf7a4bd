//! From counts and orders to quantities in the shops.

mod calls;
mod culprit;
mod doubted;
mod kinds;
mod late_counts;
mod overtaken;
mod pages;
mod promises;
mod refused_listing;

use std::collections::BTreeMap;

use crossdock_domain::{Sku, StockLevel};
use crossdock_sandbox::{Catalog, Draft, Item};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use jiff::Timestamp;
use rstest::rstest;
use serde_json::{Value, json};

fn level(sku: &str, on_hand: i64, allocated: Option<i64>) -> StockLevel {
    StockLevel { sku: Sku::from(sku), on_hand, allocated }
}

/// The SKU of an item of a large catalogue.
fn sku(number: u64) -> String {
    format!("SKU-{number:04}")
}

/// Has the shop list so many items instead of its own.
fn list(catalog: &Catalog, items: u64) {
    let item = |number: u64| Item {
        product_id: 1_000 + number,
        variant_id: 5_000 + number,
        sku: sku(number),
        name: format!("Item {number}"),
        options: BTreeMap::new(),
        price: 10.into(),
        stock: Some(1),
    };
    *catalog.items() = (1..=items).map(item).collect();
}

async fn shows(world: &World, sku: &str, bigcommerce: i64, ecwid: i64) {
    eventually(&format!("{sku} is {bigcommerce} at BigCommerce and {ecwid} at Ecwid"), || async {
        let seen = (world.bigcommerce.catalog().stock(sku), world.ecwid.catalog().stock(sku));
        (seen == (Some(bigcommerce), Some(ecwid))).then_some(())
    })
    .await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_count_becomes_what_each_shop_may_sell(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 4)])));
    world.order_in_state(&number, "accepted").await;

    // BigCommerce is told what is available (less what is promised, less a buffer of 1), Ecwid what is on hand.
    world.warehouse.count(vec![
        level("MUG", 30, None),
        level("TEE-M", 7, Some(2)),
        level("NOWHERE", 5, None),
    ]);
    shows(&world, "MUG", 30 - 4 - 1, 30).await;
    shows(&world, "TEE-M", 7 - 2 - 1, 7).await;

    let writes =
        |requests: Vec<crossdock_sandbox::Request>| requests.iter().filter(|it| it.method == "PUT").count();
    let before = (writes(world.bigcommerce.requests()), writes(world.ecwid.requests()));
    world.warehouse.count(vec![level("MUG", 30, None), level("TEE-M", 9, Some(2))]);
    shows(&world, "TEE-M", 9 - 2 - 1, 9).await;
    let after = (writes(world.bigcommerce.requests()), writes(world.ecwid.requests()));
    assert_eq!(after.1 - before.1, 1, "at Ecwid only what changed is written");
    assert_eq!(after.0 - before.0, 1, "at BigCommerce one call carries all that changed");
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}

/// Both shops are told what is available; BigCommerce less a buffer of 1.
async fn both_available(engine: Engine, bigcommerce_orders: &str) -> World {
    let world = World::create(engine).await;
    world.change_config(|text| {
        let text = text.replace("push = \"on_hand\"", "push = \"available\"");
        text.replace("prefix = \"BG\"", &format!("prefix = \"BG\"\n{bigcommerce_orders}"))
    });
    world
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_in_one_shop_lowers_what_the_others_sell_until_it_is_cancelled(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = both_available(engine, "").await;
    let _crossdock = world.run().await;
    world.warehouse.count(vec![level("MUG", 30, None), level("TEE-M", 7, None)]);
    shows(&world, "MUG", 29, 30).await;
    shows(&world, "TEE-M", 6, 7).await;

    let order = world.bigcommerce.place_order(&Draft::of(&[("MUG", 4)]));
    shows(&world, "MUG", 25, 26).await;
    world.ecwid.place_order(&Draft::of(&[("MUG", 1), ("TEE-M", 2)]));
    shows(&world, "MUG", 24, 25).await;
    shows(&world, "TEE-M", 4, 5).await;
    world.bigcommerce.set_status(&order, 5);
    shows(&world, "MUG", 28, 29).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_held_is_promised_and_its_parcel_leaves_available_as_it_is() {
    let world = both_available(Engine::Sqlite, "hold_hours = 1").await;
    let _crossdock = world.run().await;
    world.warehouse.count(vec![level("MUG", 30, None)]);
    shows(&world, "MUG", 29, 30).await;
    let held = world.bigcommerce.place_order(&Draft::of(&[("MUG", 4)]));
    world.order_in_state(&held, "held").await;
    shows(&world, "MUG", 25, 26).await;

    let number = format!("W-{}", world.ecwid.place_order(&Draft::of(&[("MUG", 6)])));
    shows(&world, "MUG", 19, 20).await;
    world.order_in_state(&number, "accepted").await;
    world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    world.warehouse.count(vec![level("MUG", 24, None), level("TEE-M", 3, None)]);
    shows(&world, "TEE-M", 2, 3).await;
    shows(&world, "MUG", 19, 20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_what_is_promised_to_whom_and_what_each_shop_was_told_and_can_have_it_told_again() {
    let world = both_available(Engine::Sqlite, "").await;
    let _crossdock = world.run().await;
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 4)])));
    world.order_in_state(&number, "accepted").await;
    world.warehouse.count(vec![level("MUG", 30, None), level("NOWHERE", 5, None)]);
    shows(&world, "MUG", 25, 26).await;

    let stock = async |arguments: &[&str]| crossdock(&world.config, &[&["stock"], arguments].concat()).await;
    let shown = eventually("both shops' quantities are noted", || async {
        let output = stock(&["show", "--json", "MUG"]).await;
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        let told = |shop: usize| shown[0]["stores"][shop]["told"]["units"].is_i64();
        (told(0) && told(1)).then_some(shown)
    })
    .await;
    let mug = &shown[0];
    assert_eq!((&mug["on_hand"], &mug["promised"]), (&json!(30), &json!(4)));
    assert_eq!(
        (&mug["promised_to"][0]["number"], &mug["promised_to"][0]["units"]),
        (&json!(number), &json!(4))
    );
    let at = &mug["stores"][0];
    assert_eq!(
        (&at["store"], &at["may_sell"], &at["told"]["units"]),
        (&json!("acme-au"), &json!(25), &json!(25))
    );
    assert_eq!(at["listings"][0]["product_id"], "101");
    let output = stock(&["show"]).await;
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    let told = table.split_whitespace().collect::<Vec<_>>().join(" ");
    for row in ["MUG 30 4 acme-au 25 25", "NOWHERE 5 0 acme-widgets 5 - not listed"] {
        assert!(told.contains(row), "{row}: {told}");
    }
    assert_eq!(stock(&["show", "MUGG"]).await.status.code(), Some(1));

    // As a process leaves it that dies before the shop answers.
    let (ledger, now) = (world.ledger().await, Timestamp::from_second(Timestamp::now().as_second()).unwrap());
    let listings = ledger.listings(&"acme-au".parse().unwrap(), &["MUG".into()]).await.unwrap();
    ledger.begin_push(&"acme-au".parse().unwrap(), &listings, now, Timestamp::UNIX_EPOCH).await.unwrap();
    let output = stock(&["show", "--json", "MUG"]).await;
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    let in_doubt = |shop: usize| shown[0]["stores"][shop]["in_doubt_since"].clone();
    assert_eq!((in_doubt(0), in_doubt(1)), (json!(now), Value::Null));
    for command in [&["show"][..], &["show", "MUG"]] {
        let table = String::from_utf8(stock(command).await.stdout).unwrap();
        let table = table.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(table.matches("in doubt since").count(), 1, "{table}");
    }

    // Somebody has meddled at the shop.
    world.bigcommerce.catalog().items().iter_mut().for_each(|item| item.stock = item.stock.map(|_| 99));
    let output = stock(&["push", "--store", "acme-au", "--full", "--json"]).await;
    let asked: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&asked["store"], &asked["full"]), (&json!("acme-au"), &json!(true)));
    shows(&world, "MUG", 25, 26).await;
}
