//! A shop behind a legacy account: swept, as nobody tells of it, and read and written by V2 alone.

use std::sync::Arc;

use crossdock_domain::{Sku, StockLevel};
use crossdock_sandbox::{BigcommerceOptions, BigcommerceShop, Draft, LegacyAccount};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::http;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;

/// BigCommerce's id of Completed.
const COMPLETED: i64 = 10;

const TOKEN: &str = "journey-legacy-token";

/// A world with a third shop, `acme-old`, prefix `OLD`, whose API is of before there were consignments; swept each second.
async fn with_legacy_shop(engine: Engine) -> (World, Arc<BigcommerceShop>) {
    let world = World::create(engine).await;
    let catalog = world.bigcommerce.catalog().items().clone();
    let username = "npf".to_owned();
    let shop = BigcommerceShop::start(BigcommerceOptions {
        legacy: Some(LegacyAccount { username, includes_consignments: false }),
        access_token: TOKEN.to_owned(),
        first_order_id: 5001,
        catalog,
        ..BigcommerceOptions::default()
    });
    let shop = shop.await.unwrap();
    let store = format!(
        "\n[[store]]\nid = \"acme-old\"\n[store.bigcommerce]\n\
         legacy = {{ api_path = \"{}\", username = \"npf\", token = \"{TOKEN}\" }}\n\
         [store.orders]\nprefix = \"OLD\"\nsweep_every = \"1s\"\n[store.stock]\npush = \"on_hand\"\n",
        shop.api_path()
    );
    world.change_config(|text| format!("{text}{store}"));
    (world, shop)
}

/// A line of the metrics about the shop.
async fn metric(world: &World, name: &str) -> Option<u64> {
    let name = format!("crossdock_reconciler_{name}{{store=\"acme-old\"}} ");
    let text = http().get(world.at("metrics")).send().await.ok()?.text().await.ok()?;
    text.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok())
}

/// Waits until the shop was swept: from then on, a sweep finds what is new.
async fn swept(world: &World) {
    eventually("the shop is swept", || async { metric(world, "swept_to_timestamp_seconds").await.map(drop) })
        .await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_swept_up_shipped_and_its_stock_told_by_the_old_api_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (world, shop) = with_legacy_shop(engine).await;
    let _crossdock = world.run().await;
    swept(&world).await;
    let id = shop.place_order(&Draft::of(&[("TEE-M", 2), ("MUG", 1)]));
    let number = format!("OLD{id}");
    let story = world.order_in_state(&number, "accepted").await;
    assert!(story["timeline"].as_array().unwrap().iter().any(|entry| entry["cause"] == "sweep"), "{story}");
    assert_eq!(world.warehouse.received(&number), 1);

    let shipment = world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    let at_shop = shop.shipments(&id);
    assert_eq!(at_shop.len(), 1);
    assert_eq!(at_shop[0]["tracking_number"], shipment.tracking_number.as_str());
    assert_eq!(shop.status_changes(&id), [COMPLETED]);
    assert_eq!(shop.buyer_mails(&id), 1);

    world.warehouse.count(vec![StockLevel { sku: Sku::from("MUG"), on_hand: 17, allocated: None }]);
    eventually("the shop shows what was counted", || async {
        (shop.catalog().stock("MUG") == Some(17)).then_some(())
    })
    .await;

    let requests = shop.requests();
    assert!(requests.iter().all(|request| request.path_and_query.starts_with("/api/v2/")), "{requests:?}");
    assert_eq!(metric(&world, "missed_total").await, None, "nothing was missed where nothing tells");
    world.rests_without_dead_letters(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_credentials_stop_a_shop_until_the_new_ones_are_in() {
    let (world, shop) = with_legacy_shop(Engine::Sqlite).await;
    let process = world.run().await;
    swept(&world).await;
    shop.set_access_token("journey-new-token");
    let id = shop.place_order(&Draft::of(&[("MUG", 1)]));
    eventually("the old token is refused", || async {
        shop.requests().iter().any(|request| request.status == 401).then_some(())
    })
    .await;
    let other = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
    world.order_in_state(&other, "accepted").await;

    world.change_config(|text| text.replace(TOKEN, "journey-new-token"));
    process.signal("HUP").await;
    world.order_in_state(&format!("OLD{id}"), "accepted").await;
    world.rests_without_dead_letters(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_believed_to_be_a_shop_without_webhooks_and_people_are_told_so() {
    let (world, shop) = with_legacy_shop(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    for path in ["webhooks/bigcommerce/acme-old", "webhooks/bigcommerce"] {
        let body = r#"{"scope":"store/order/created","hash":"1","producer":"stores/abc123","data":{"type":"order","id":1}}"#;
        let answer = http().post(world.at(path)).body(body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }

    let listed = crossdock(&world.config, &["webhooks", "list", "--store", "acme-old"]).await;
    let said = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.status.success() && said.contains("only swept, every 1 s"), "{said}");
    let synced = crossdock(&world.config, &["webhooks", "sync", "--store", "acme-old"]).await;
    let said = String::from_utf8(synced.stderr).unwrap();
    assert!(!synced.status.success() && said.contains("a legacy account has no webhooks"), "{said}");

    let check = async || {
        let output = crossdock(&world.config, &["check", "--online", "--json"]).await;
        let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        let mine = findings.into_iter().filter(|finding| finding["store"] == "acme-old");
        mine.filter(|finding| finding["kind"] == "webhooks" || finding["kind"] == "shop").collect::<Vec<_>>()
    };
    let findings = check().await;
    assert!(findings.iter().all(|finding| finding["ok"] == true), "{findings:?}");
    assert!(findings[0]["says"].as_str().unwrap().contains("only swept"), "{findings:?}");
    assert!(findings[1]["says"].as_str().unwrap().contains("'Sandbox' answers"), "{findings:?}");
    shop.set_access_token("another");
    let refused = check().await;
    assert_eq!(refused[1]["ok"], false, "{refused:?}");
    assert!(refused[1]["says"].as_str().unwrap().contains("refused our credentials"), "{refused:?}");
}
