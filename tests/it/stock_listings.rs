//! What the shops list: read once, kept up to date, and no call made in vain.

use crossdock_domain::{Sku, StockLevel};
use crossdock_sandbox::{Fault, Item, Request};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::http;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use serde_json::Value;

fn level(sku: &str, on_hand: i64) -> StockLevel {
    StockLevel { sku: Sku::from(sku), on_hand, allocated: None }
}

async fn shows(world: &World, sku: &str, bigcommerce: i64, ecwid: i64) {
    eventually(&format!("{sku} is {bigcommerce} at BigCommerce and {ecwid} at Ecwid"), || async {
        let seen = (world.bigcommerce.catalog().stock(sku), world.ecwid.catalog().stock(sku));
        (seen == (Some(bigcommerce), Some(ecwid))).then_some(())
    })
    .await;
}

/// Waits until everything that the shops told has come in and was handled.
pub(crate) async fn quiet(world: &World) {
    eventually("nothing is on its way", || async {
        let on_their_way =
            world.bigcommerce.callbacks().on_their_way() + world.ecwid.callbacks().on_their_way();
        let waiting = world.vhost.depth("crossdock.stock-writer").await;
        (on_their_way == 0 && waiting == 0).then_some(())
    })
    .await;
}

/// Calls about products and stock.
fn calls(requests: &[Request]) -> Vec<String> {
    let about =
        |it: &&Request| it.path_and_query.contains("product") || it.path_and_query.contains("inventory");
    requests.iter().filter(about).map(|it| format!("{} {}", it.method, it.path_and_query)).collect()
}

/// The merchant changes a product: `product.updated` goes out.
pub(crate) async fn edit_at_ecwid(world: &World, product_id: u64) {
    let url = format!("{}api/v3/12239080/products/{product_id}", world.ecwid.url());
    let edit = http().put(url).bearer_auth("journey-ecwid-token");
    let edited =
        edit.header("content-type", "application/json").body(r#"{"quantity":1}"#).send().await.unwrap();
    assert_eq!(edited.status(), 200);
}

async fn show(world: &World, sku: &str) -> Value {
    let output = crossdock(&world.config, &["stock", "show", "--json", sku]).await;
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn echoes_and_skus_that_a_shop_does_not_list_cost_no_call() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    world.warehouse.count(vec![level("MUG", 30), level("NOWHERE", 5)]);
    shows(&world, "MUG", 29, 30).await;
    quiet(&world).await;
    let before = (calls(&world.bigcommerce.requests()).len(), calls(&world.ecwid.requests()).len());
    // Each of the shops' webhooks comes twice.
    world.bigcommerce.callbacks().double(1);
    world.ecwid.callbacks().double(1);
    for on_hand in [31, 32] {
        world.warehouse.count(vec![level("MUG", on_hand), level("NOWHERE", on_hand), level("ELSEWHERE", 1)]);
        shows(&world, "MUG", on_hand - 1, on_hand).await;
        quiet(&world).await;
    }
    world.warehouse.count(vec![level("TEE-M", 9)]);
    shows(&world, "TEE-M", 8, 9).await;
    quiet(&world).await;
    let bigcommerce = calls(&world.bigcommerce.requests()).split_off(before.0);
    let ecwid = calls(&world.ecwid.requests()).split_off(before.1);
    assert!(bigcommerce.len() == 3 && bigcommerce.iter().all(|it| it.starts_with("PUT")), "{bigcommerce:?}");
    assert!(ecwid.len() == 3 && ecwid.iter().all(|it| it.starts_with("PUT")), "{ecwid:?}");
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bigcommerce_product_that_the_merchant_gives_another_sku_is_told_the_stock_of_that_one() {
    let world = World::create(Engine::Sqlite).await;
    // No regular comparison comes to help.
    world.change_config(|text| text.replace("[store.orders]", "[store.orders]\nsweep_every = \"1h\""));
    let _crossdock = world.run().await;
    world.warehouse.count(vec![level("MUG", 30), level("CAP", 12)]);
    shows(&world, "MUG", 29, 30).await;
    quiet(&world).await;
    let mug = world.bigcommerce.catalog().items().iter().find(|item| item.sku == "MUG").unwrap().product_id;
    world.bigcommerce.change_product(mug, |item| item.sku = "CAP".to_owned());
    eventually("the cap is told", || async {
        (world.bigcommerce.catalog().stock("CAP") == Some(11)).then_some(())
    })
    .await;
    let listings =
        async |sku: &str| show(&world, sku).await[0]["stores"][0]["listings"].as_array().map(Vec::len);
    assert_eq!((listings("MUG").await, listings("CAP").await), (Some(0), Some(1)));
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_is_new_in_a_shop_is_told_its_stock_at_once_and_one_that_is_gone_fails_nothing() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    world.warehouse.count(vec![level("MUG", 30), level("CAP", 12)]);
    shows(&world, "MUG", 29, 30).await;
    quiet(&world).await;

    // The merchant lists a cap, and takes the mug out of the shop; nobody tells of the latter.
    let mug = world.ecwid.catalog().items().iter().find(|item| item.sku == "MUG").unwrap().clone();
    let cap = Item {
        product_id: 150,
        variant_id: 250,
        sku: "CAP".into(),
        name: "Cap".into(),
        stock: Some(0),
        ..mug
    };
    world.ecwid.catalog().items().push(cap);
    world.ecwid.catalog().items().retain(|item| item.sku != "MUG");
    edit_at_ecwid(&world, 150).await;
    eventually("the cap is told", || async {
        (world.ecwid.catalog().stock("CAP") == Some(12)).then_some(())
    })
    .await;

    world.warehouse.count(vec![level("MUG", 20), level("CAP", 11)]);
    eventually("the cap is told in spite of the mug", || async {
        (world.ecwid.catalog().stock("CAP") == Some(11)).then_some(())
    })
    .await;
    eventually("the mug is known to be gone", || async {
        let shown = show(&world, "MUG").await;
        shown[0]["stores"][1]["listings"].as_array()?.is_empty().then_some(())
    })
    .await;
    quiet(&world).await;
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_is_new_in_a_shop_is_told_its_stock_though_the_shop_fails_to_take_it_at_first() {
    let world = World::create(Engine::Sqlite).await;
    // No regular comparison comes to help.
    world.change_config(|text| text.replace("[store.orders]", "[store.orders]\nsweep_every = \"1h\""));
    let _crossdock = world.run().await;
    world.warehouse.count(vec![level("MUG", 30), level("CAP", 12)]);
    shows(&world, "MUG", 29, 30).await;
    quiet(&world).await;
    let mug = world.ecwid.catalog().items().iter().find(|item| item.sku == "MUG").unwrap().clone();
    let cap = Item { product_id: 150, variant_id: 250, sku: "CAP".into(), stock: Some(0), ..mug };
    world.ecwid.catalog().items().push(cap);
    world.ecwid.callbacks().hold();
    edit_at_ecwid(&world, 150).await;
    world.ecwid.faults().next("PUT", "products/150", Fault::Status(503));
    world.ecwid.callbacks().release_reversed();
    eventually("the cap is told", || async {
        (world.ecwid.catalog().stock("CAP") == Some(12)).then_some(())
    })
    .await;
    assert!(world.ecwid.faults().all_met());
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quantity_that_a_shop_refuses_is_one_dead_letter_in_its_words_and_is_not_tried_again_at_each_change()
 {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    world.warehouse.count(vec![level("TEE-M", 9)]);
    shows(&world, "TEE-M", 8, 9).await;
    quiet(&world).await;
    // Refused among others, and alone.
    for _ in 0..2 {
        world.ecwid.faults().next("PUT", "products/101", Fault::Status(400));
    }
    world.warehouse.count(vec![level("MUG", 30)]);
    let dead = eventually("a dead letter", || async {
        world.vhost.take("crossdock.dead-letters").await.into_iter().next()
    })
    .await;
    let due = dead.json();
    assert_eq!((&due["type"], &due["subject"]), (&"stock.due".into(), &"MUG".into()));
    assert_eq!((&due["data"]["skus"], &due["data"]["full"]), (&serde_json::json!(["MUG"]), &true.into()));
    let refused = show(&world, "MUG").await[0]["stores"][1]["listings"][0]["refused"]["why"].clone();
    assert!(
        refused.as_str().unwrap().starts_with("the quantity of 'MUG': the shop refused it with 400"),
        "{refused}"
    );

    world.warehouse.count(vec![level("MUG", 31), level("TEE-M", 10)]);
    shows(&world, "TEE-M", 9, 10).await;
    quiet(&world).await;
    assert_ne!(world.ecwid.catalog().stock("MUG"), Some(31));
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
    let output = crossdock(&world.config, &["stock", "push", "--store", "acme-widgets", "--full"]).await;
    assert_eq!(output.status.code(), Some(0));
    shows(&world, "MUG", 30, 31).await;
}
