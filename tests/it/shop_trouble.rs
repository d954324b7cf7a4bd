//! Shops that answer badly, and recover.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossdock_domain::{PackedLine, Sku};
use crossdock_sandbox::{BigcommerceOptions, BigcommerceShop, Draft, Fault, Item};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::http;
use crossdock_tests::log::Log;
use crossdock_tests::process::{Process, crossdock as crossdock_command};
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[case::error(Fault::Status(500))]
#[case::throttled(Fault::Throttle(Duration::from_secs(4)))]
#[case::half_an_answer(Fault::HalfBody)]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_arrives_once_the_shop_has_recovered(
    #[case] fault: Fault,
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    world.bigcommerce.faults().next("GET", "/v2/orders", fault.clone());
    world.ecwid.faults().next("GET", "/orders", fault);
    let first = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
    let second = format!("W-{}", world.ecwid.place_order(&Draft::of(&[("MUG", 1)])));
    for number in [&first, &second] {
        world.order_in_state(number, "accepted").await;
        assert_eq!(world.warehouse.received(number), 1);
    }
    assert!(world.bigcommerce.faults().all_met() && world.ecwid.faults().all_met());
    world.rests_without_dead_letters(&[]).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_the_shop_does_not_have_is_a_dead_letter_with_its_cause(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    world.bigcommerce.callbacks().hold();
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    world.bigcommerce.remove_order(&id);
    world.bigcommerce.callbacks().release_reversed();
    eventually("a dead letter is there", || async {
        (world.vhost.depth("crossdock.dead-letters").await > 0).then_some(())
    })
    .await;
    let letter = world.vhost.take("crossdock.dead-letters").await.remove(0);
    assert_eq!(letter.headers["x-crossdock-class"], "shop-not-found");
    assert_eq!(letter.headers["x-crossdock-store"], "acme-au");
    assert_eq!(letter.headers["x-crossdock-subject"], id);
    assert_eq!(letter.headers["x-crossdock-role"], "order-importer");
    assert_eq!(letter.headers["x-crossdock-attempts"], "2");
    assert!(letter.headers["x-crossdock-chain"].contains(&format!("the shop has no order {id}")));
    assert_eq!(letter.json()["data"]["order_id"], id);

    let story = world.story(&id).await.unwrap();
    assert_eq!(story["state"], "not_imported");
    assert!(
        story["timeline"].to_string().contains("could not be imported: the shop has no order"),
        "{story}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_shop_that_hangs_does_not_hold_up_the_other() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    for _ in 0..20 {
        world.bigcommerce.faults().next("GET", "/v2/orders", Fault::Hang(Duration::from_mins(10)));
    }
    world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    let number = format!("W-{}", world.ecwid.place_order(&Draft::of(&[("MUG", 1)])));
    world.order_in_state(&number, "accepted").await;
}

/// Refused requests when the token dies: what was under way or comes within the second in which one tells the others. Then one a minute.
const KNOCKS_AT_FIRST_MAX: u64 = 6;

/// A third shop, and its part of the configuration.
async fn third_shop(world: &World) -> Arc<BigcommerceShop> {
    let item = Item {
        product_id: 1,
        variant_id: 1,
        sku: "MUG".to_owned(),
        name: "Mug".to_owned(),
        options: BTreeMap::new(),
        price: 10.into(),
        stock: Some(10),
    };
    let shop = BigcommerceShop::start(BigcommerceOptions {
        store_hash: "journey3".into(),
        access_token: "journey-third-token".into(),
        client_secret: "journey-third-secret".into(),
        catalog: vec![item],
        receiver: Some(world.receiver.clone()),
        callback_path: "/webhooks/bigcommerce/acme-nz".into(),
        ..BigcommerceOptions::default()
    });
    let shop = shop.await.unwrap();
    let section = format!(
        "\n[[store]]\nid = \"acme-nz\"\ntime_zone = \"Pacific/Auckland\"\n[store.bigcommerce]\nstore_hash = \"journey3\"\n\
         client_id = \"journey\"\nclient_secrets = [\"journey-third-secret\"]\naccess_token = \"journey-third-token\"\n\
         api_url = \"{}\"\n[store.orders]\nprefix = \"NZ\"\n",
        shop.url()
    );
    world.change_config(|text| text.to_owned() + &section);
    shop
}

fn refused(shop: &BigcommerceShop) -> u64 {
    shop.requests().iter().filter(|request| request.status == 401).count() as u64
}

/// Waits as [`eventually`] does, for what was put aside for two minutes.
async fn in_the_end(claim: &str, mut look: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(4);
    while !look().await {
        assert!(Instant::now() < deadline, "{claim}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_with_dead_credentials_is_left_alone_and_resumes_with_new_ones_while_others_go_on() {
    let world = World::create(Engine::Sqlite).await;
    let third = third_shop(&world).await;
    let log = Log::in_folder(world.folder());
    let crossdock = Process::start_logging(&world.config, None, &log, "crossdock=info");
    world.ready().await;
    let place = || world.bigcommerce.place_order(&Draft::of(&[("MUG", 1), ("TEE-M", 1)]));
    let shipped = format!("BG{}", place());
    world.order_in_state(&shipped, "accepted").await;

    let began = Instant::now();
    world.bigcommerce.set_access_token("journey-rotated-token");
    let parts =
        ["MUG", "TEE-M"].map(|sku| vec![PackedLine { sku: Sku::from(sku), quantity: 1, line_id: None }]);
    let shipments = parts.map(|lines| world.warehouse.ship(&shipped, Some(lines)).unwrap());
    let waiting: Vec<String> = (0..5).map(|_| place()).collect();
    eventually("all that needs the shop is put aside", || async {
        let notices = world.vhost.depth("crossdock.order-importer").await;
        let aside = world.vhost.depth("crossdock.retry.2m").await;
        (notices == 0 && aside >= 7).then_some(())
    })
    .await;
    for (prefix, number) in [
        ("W-", world.ecwid.place_order(&Draft::of(&[("MUG", 1)]))),
        ("NZ", third.place_order(&Draft::of(&[("MUG", 1)]))),
    ] {
        world.order_in_state(&format!("{prefix}{number}"), "accepted").await;
    }

    // Said in every place where somebody may look, and once.
    let check = crossdock_command(&world.config, &["check", "--json"]).await;
    let findings: Vec<Value> = serde_json::from_slice(&check.stdout).unwrap();
    let failed: Vec<&Value> = findings.iter().filter(|finding| finding["ok"] == false).collect();
    assert_eq!((failed.len(), check.status.code()), (1, Some(1)), "{findings:?}");
    assert_eq!((&failed[0]["kind"], &failed[0]["store"]), (&json!("credentials"), &json!("acme-au")));
    let said = |log: &Log| {
        let lines = log.lines().into_iter();
        lines
            .filter(|line| {
                line["message"].as_str().is_some_and(|text| text.contains("refuses our credentials"))
            })
            .count()
    };
    assert_eq!(said(&log), 1);
    let metrics = http().get(world.at("metrics")).send().await.unwrap().text().await.unwrap();
    for line in [
        r#"crossdock_shop_paused{store="acme-au",cause="credentials"} 1"#,
        r#"crossdock_shop_paused{store="acme-nz",cause="credentials"} 0"#,
        r#"crossdock_queue_oldest_since_timestamp_seconds{role="order-importer",store="acme-au"} "#,
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    let story = world.story(&waiting[0]).await.unwrap();
    assert_eq!(
        story["timeline"].to_string().matches("the shop refused our credentials").count(),
        1,
        "{story}"
    );

    let text = |text: &str| text.replace("journey-bigcommerce-token", "journey-rotated-token");
    world.change_config(text);
    crossdock.signal("HUP").await;
    log.has_said("the shop takes its new credentials", 1).await;
    let knocks = refused(&world.bigcommerce);
    assert!(knocks <= KNOCKS_AT_FIRST_MAX + began.elapsed().as_secs() / 60, "{knocks}");
    assert!(crossdock_command(&world.config, &["check"]).await.status.success());
    let numbers: Vec<String> = waiting.iter().map(|id| format!("BG{id}")).collect();
    in_the_end("all orders are at the warehouse", async || {
        numbers.iter().all(|number| world.warehouse.received(number) == 1)
    })
    .await;
    in_the_end("both shipments are at the shop", async || {
        world.bigcommerce.shipments(&shipped[2..]).len() == 2
    })
    .await;
    let tracking: Vec<Value> =
        world.bigcommerce.shipments(&shipped[2..]).iter().map(|one| one["tracking_number"].clone()).collect();
    assert_eq!(tracking, shipments.map(|shipment| json!(shipment.tracking_number.as_str())), "in order");
    assert_eq!(refused(&world.bigcommerce), knocks, "the old token is not used again");
    assert_eq!(said(&log), 1);
    world.rests_without_dead_letters(&[]).await;
}
