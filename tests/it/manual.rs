//! A person imports, judges anew, and releases again.

use std::time::Duration;

use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::{Process, crossdock};
use crossdock_tests::world::World;
use jiff::{Timestamp, ToSpan as _};
use rstest::rstest;
use serde_json::{Value, json};

/// BigCommerce's id of a status.
const AWAITING_FULFILLMENT: i64 = 11;

/// How long the shop does not answer unless it is let go, in seconds: less than anybody waits.
const HANG_SECS: u64 = 30;

/// No reconciler: what no webhook tells of stays unknown.
const ROLES: &str = "receiver,order-importer";

async fn run(world: &World) -> Process {
    let process = Process::start(&world.config, Some(ROLES));
    world.ready().await;
    world.ledger_made().await;
    process
}

/// The exit status and the printed JSON.
async fn orders(world: &World, arguments: &[&str]) -> (i32, Value) {
    let arguments = [&["orders"], arguments, &["--json"]].concat();
    let output = crossdock(&world.config, &arguments).await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON, but: {told}"));
    (output.status.code().unwrap(), json)
}

/// The exit status, and all that was printed, with one blank between two words.
async fn said(world: &World, arguments: &[&str]) -> (i32, String) {
    let output = crossdock(&world.config, &[&["orders"], arguments].concat()).await;
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn usa(units: u32) -> Draft {
    Draft::of(&[("MUG", units)]).to_country("US", "United States")
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn orders_whose_webhooks_were_lost_are_imported_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = run(&world).await;
    world.bigcommerce.callbacks().hold();
    world.ecwid.callbacks().hold();
    let wanted: Vec<String> =
        (0..27).map(|_| world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]))).collect();
    world.bigcommerce.place_order(&usa(1));
    world.bigcommerce.place_order(&usa(2));
    world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]).unpaid());
    world.bigcommerce.place_order(&Draft { placed_at: Timestamp::now() - 30.hours(), ..usa(3) });

    let (status, report) = orders(&world, &["import", "--store", "acme-au", "--days", "1"]).await;
    assert_eq!((status, &report["orders"], &report["imported"]), (0, &json!(30), &json!(27)), "{report}");
    assert_eq!(report["filtered"], json!({ "country": 2, "status": 1 }));
    assert_eq!((&report["failed"], &report["left"]), (&json!([]), &json!(0)));
    for id in &wanted {
        world.order_in_state(id, "accepted").await;
    }

    let reads = world.bigcommerce.requests().len();
    let (status, report) = orders(&world, &["import", "--store", "acme-au", "--days", "1"]).await;
    let there = [&report["imported"], &report["already_there"], &report["held"], &report["cancelled"]];
    assert_eq!((status, there), (0, [&json!(0), &json!(27), &json!(0), &json!(0)]), "{report}");
    assert!(world.bigcommerce.requests().len() <= reads + 2, "a list, and one of what is kept out");
    let (_, listed) = said(&world, &["list", "--limit", "2"]).await;
    assert!(listed.ends_with("2 of 30 orders; --limit shows more"), "{listed}");
    let (status, said) = said(&world, &["import", "--store", "acme-au", "--days", "2"]).await;
    assert_eq!(status, 0);
    for line in ["31 orders placed since", "27 already there", "3 filtered by country", "31 of 31 orders"] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(wanted.iter().all(|id| world.warehouse.received(&format!("BG{id}")) == 1));

    let id = world.ecwid.place_order(&Draft::of(&[("TEE-M", 1)]));
    let since = (Timestamp::now() - 24.hours()).strftime("%d/%m/%Y").to_string();
    let (status, report) = orders(&world, &["import", "--store", "acme-widgets", "--since", &since]).await;
    assert_eq!((status, &report["imported"]), (0, &json!(1)), "{report}");
    world.order_in_state(&format!("W-{id}"), "accepted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_stopped_goes_on_when_it_is_run_again() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = run(&world).await;
    world.bigcommerce.callbacks().hold();
    let ids: Vec<String> =
        (0..260).map(|_| world.bigcommerce.place_order(&Draft::of(&[("Test001", 1)]))).collect();
    // Two pages of the list, then the orders themselves.
    for hang in [0, 0, HANG_SECS] {
        world.bigcommerce.faults().next("GET", "/v2/orders", Fault::Hang(Duration::from_secs(hang)));
    }
    let arguments = ["orders", "import", "--store", "acme-au", "--days", "1", "--json"];
    let import = Process::start_command(&world.config, &arguments);
    eventually("the first orders are being read", || async {
        world.bigcommerce.faults().all_met().then_some(())
    })
    .await;
    import.signal("INT").await;
    world.bigcommerce.faults().let_go();
    let output = import.output().await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!((&report["imported"], &report["left"]), (&json!(250), &json!(10)), "{report}");

    let (status, report) = orders(&world, &["import", "--store", "acme-au", "--days", "1"]).await;
    assert_eq!((status, &report["imported"], &report["already_there"]), (0, &json!(10), &json!(250)));
    for id in &ids {
        world.at_the_warehouse(&format!("BG{id}")).await;
    }
    assert!(ids.iter().all(|id| world.warehouse.received(&format!("BG{id}")) == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_cannot_be_imported_are_named_and_keep_no_other_back() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = run(&world).await;
    world.bigcommerce.callbacks().hold();
    let good = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    let broken = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    world.bigcommerce.change_order(&broken, |fields| {
        fields.insert("date_created".into(), "yesterday".into());
    });
    // The list fails at first, and the shop lets the reading wait for longer than a request does.
    let wait = Fault::Throttle(Duration::from_secs(4));
    for fault in [Fault::Status(503), Fault::Hang(Duration::ZERO), wait] {
        world.bigcommerce.faults().next("GET", "/v2/orders", fault);
    }
    let (status, report) = orders(&world, &["import", "--store", "acme-au", "--days", "1"]).await;
    assert_eq!((status, &report["imported"]), (1, &json!(1)), "{report}");
    assert_eq!(report["failed"][0]["order_id"], broken.as_str());
    let (status, told) = said(&world, &["import", "--store", "acme-au", "--days", "1"]).await;
    assert_eq!(status, 1);
    assert!(told.contains(&format!("1 failed failed: {broken}: the shop's answer")), "{told}");
    world.order_in_state(&good, "accepted").await;

    let placed = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    world.bigcommerce.change_order(&broken, |fields| {
        fields.insert("date_created".into(), placed.into());
    });
    let (status, report) = orders(&world, &["import", "--store", "acme-au", "--days", "1"]).await;
    assert_eq!((status, &report["imported"]), (0, &json!(1)), "{report}");

    world.change_config(|text| text.replacen("amqp://", "amqp://nobody:", 1));
    let (status, told) = said(&world, &["import", "--store", "acme-au", "--days", "1"]).await;
    assert_eq!(status, 1);
    assert!(told.contains("RabbitMQ does not answer, and orders go to the warehouse through it"), "{told}");
    let (status, told) = said(&world, &["import", "--store", "acme"]).await;
    assert_eq!(status, 2);
    assert!(told.contains("<--days <N>|--since <DATE>>"), "{told}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_country_that_is_added_releases_what_its_preview_names(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = run(&world).await;
    let abroad = [1, 2].map(|units| world.bigcommerce.place_order(&usa(units)));
    let unpaid = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]).unpaid());
    let deleted = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]).unpaid());
    for id in abroad.iter().chain([&unpaid, &deleted]) {
        world.order_in_state(id, "filtered").await;
    }
    world.bigcommerce.remove_order(&deleted);
    world.change_config(|text| text.replace(r#"["AU", "NZ"]"#, r#"["AU", "NZ", "US"]"#));

    let (status, preview) = orders(&world, &["rejudge", "--store", "acme-au", "--dry-run"]).await;
    assert_eq!((status, &preview["orders"], &preview["dry_run"]), (0, &json!(4), &json!(true)));
    let change = |id: &str, now: &str, then: Value| json!({ "number": format!("BG{id}"), "order_id": id, "now": { "state": "filtered", "reason": now }, "then": then });
    let released = json!({ "state": "released", "reason": "" });
    let gone = json!({ "state": "cancelled", "reason": "deleted at the shop" });
    let expected = json!([
        change(&abroad[0], "country: US", released.clone()),
        change(&abroad[1], "country: US", released),
        change(&deleted, "status: awaiting_payment", gone),
    ]);
    assert_eq!(preview["changes"], expected);
    let (_, told) = said(&world, &["rejudge", "--store", "acme-au", "--dry-run"]).await;
    let row = format!("BG{} {} filtered: country: US released", abroad[0], abroad[0]);
    assert!(told.contains(&row), "{told}");
    assert!(told.contains("3 of 4 filtered and held orders would change; nothing was done"), "{told}");
    assert_eq!(world.story(&abroad[0]).await.unwrap()["state"], "filtered");

    let (status, done) = orders(&world, &["rejudge", "--store", "acme-au"]).await;
    assert_eq!((status, &done["changes"]), (0, &expected), "a preview shows what is then done");
    for id in &abroad {
        world.order_in_state(id, "accepted").await;
    }
    world.order_in_state(&deleted, "cancelled").await;
    let (status, told) = said(&world, &["rejudge", "--store", "acme-au"]).await;
    assert_eq!(status, 0);
    assert!(told.contains("0 of 1 filtered and held orders have changed"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_order_is_released_again_and_any_other_says_what_to_do() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = run(&world).await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]).unpaid());
    world.order_in_state(&id, "filtered").await;
    world.bigcommerce.change_products(&id, |products| products[0]["sku"] = "NEW-MUG".into());
    let number = format!("BG{id}");
    let (status, told) = said(&world, &["retry", &number]).await;
    assert_eq!(status, 1);
    let filtered = format!("{number} is filtered (status: awaiting_payment) and never went to the warehouse");
    assert!(told.contains(&filtered) && told.contains("rejudge --store acme-au"), "{told}");
    world.bigcommerce.set_status(&id, AWAITING_FULFILLMENT);
    world.order_in_state(&id, "rejected").await;

    // The goods come in, and nobody tells that their SKU is known now.
    world.warehouse.put_away("NEW-MUG", 10);
    let (status, told) = orders(&world, &["retry", &number]).await;
    assert_eq!(status, 0, "{told}");
    assert_eq!(
        told[0],
        json!({ "order": number, "number": number, "released": true, "says": format!("{number} is released again") })
    );
    world.order_in_state(&id, "accepted").await;
    assert_eq!(world.warehouse.received(&number), 2);

    let (status, told) = said(&world, &["retry", &number, "NOPE"]).await;
    assert_eq!(status, 1);
    assert!(
        told.contains(&format!("the warehouse has taken {number} over no order is known as 'NOPE'")),
        "{told}"
    );
    assert_eq!(world.warehouse.received(&number), 2);
}
