//! Every order of a day is accounted for.

use std::time::Duration;

use crossdock_domain::StoreId;
use crossdock_ledger::Swept;
use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::database::Engine;
use crossdock_tests::http;
use crossdock_tests::log::Log;
use crossdock_tests::process::{Process, crossdock};
use crossdock_tests::world::World;
use crossdock_tests::{clear_of_midnight, eventually};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use rstest::rstest;
use serde_json::{Value, json};

const MELBOURNE: &str = "Australia/Melbourne";

/// How long the shop does not answer unless it is let go, in seconds: less than anybody waits.
const HANG_SECS: u64 = 30;

/// So many days before today, in Melbourne.
fn day(before_today: i64) -> Date {
    Timestamp::now().in_tz(MELBOURNE).unwrap().date() - before_today.days()
}

/// A mug, ordered at noon of that day in Melbourne.
fn mug(day: Date) -> Draft {
    let placed_at = day.at(12, 0, 0, 0).in_tz(MELBOURNE).unwrap().timestamp();
    Draft { placed_at, ..Draft::of(&[("MUG", 1)]) }
}

async fn proof(world: &World, arguments: &[&str]) -> (i32, Value) {
    let output = crossdock(&world.config, &[&["orders", "proof", "--json"], arguments].concat()).await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON, but: {told}"));
    (output.status.code().unwrap(), json)
}

/// A shop's day with two released orders, a filtered one, and so many missing.
fn proved(released: usize, missing: &Value) -> Value {
    let orders = 1 + released + missing.as_array().unwrap().len();
    json!([{
        "store": "acme-au", "day": day(1), "orders": orders, "released": released, "held": 0, "filtered": 1,
        "cancelled": 0, "missing": missing
    }])
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_order_is_named_and_imported_and_the_day_is_clean_then(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    clear_of_midnight(MELBOURNE).await;
    let world = World::create(engine).await;
    let _crossdock = Process::start(&world.config, Some("receiver,order-importer"));
    world.ready().await;
    for _ in 0..2 {
        world.order_in_state(&world.bigcommerce.place_order(&mug(day(1))), "accepted").await;
    }
    let abroad = mug(day(1)).to_country("US", "United States");
    world.order_in_state(&world.bigcommerce.place_order(&abroad), "filtered").await;
    world.bigcommerce.callbacks().hold();
    let lost = world.bigcommerce.place_order(&mug(day(1)));
    let older = world.bigcommerce.place_order(&mug(day(2)));

    let missing = json!([{ "order_id": lost, "placed_at": mug(day(1)).placed_at, "then": { "state": "released", "reason": "" } }]);
    for _ in 0..2 {
        let (status, told) = proof(&world, &["--store", "acme-au", "--dry-run"]).await;
        assert_eq!((status, told), (1, proved(2, &missing)), "a dry run imports nothing");
    }
    let (status, told) = proof(&world, &["--store", "acme-au"]).await;
    assert_eq!((status, told), (1, proved(2, &missing)));
    let story = world.order_in_state(&lost, "accepted").await;
    assert_eq!(story["timeline"][0]["cause"], "proof");
    let (status, told) = proof(&world, &["--store", "acme-au"]).await;
    assert_eq!((status, told), (0, proved(3, &json!([]))));

    assert_eq!(world.story(&older).await, None, "another day's");
    let output = crossdock(&world.config, &["orders", "proof", "--days", "2"]).await;
    let told = String::from_utf8(output.stdout).unwrap();
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(1), "{told}");
    for row in [
        format!("acme-au {} 1 0 0 0 0 1", day(2)),
        format!("acme-au {} 4 3 0 1 0 0", day(1)),
        "0 0 0 0 0 0 missing:".to_owned(),
        format!("missing: {older} of acme-au, now released"),
    ] {
        assert!(told.contains(&row), "{row}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_from_before_the_start_date_is_not_missing() {
    clear_of_midnight(MELBOURNE).await;
    let world = World::create(Engine::Sqlite).await;
    let start = format!("prefix = \"BG\"\nstart_date = \"{}\"", day(0));
    world.change_config(|text| text.replace("prefix = \"BG\"", &start));
    let crossdock = Process::start(&world.config, Some("receiver,order-importer"));
    world.ready().await;
    crossdock.signal("TERM").await;
    assert_eq!(crossdock.ended().await, 0);
    world.bigcommerce.callbacks().hold();
    let old = world.bigcommerce.place_order(&mug(day(1)));
    let (status, told) = proof(&world, &["--store", "acme-au"]).await;
    assert_eq!((status, told), (0, proved(0, &json!([]))));
    assert_eq!(world.story(&old).await, None);

    world.bigcommerce.set_access_token("another");
    let (status, told) = proof(&world, &[]).await;
    assert_eq!(status, 1);
    assert!(told[0]["failed"].as_str().unwrap().contains("the shop refused our credentials"), "{told}");
    assert_eq!((&told[1]["store"], &told[1]["orders"]), (&json!("acme-widgets"), &json!(0)), "goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reconciler_proves_each_day_once_and_imports_what_is_missing() {
    clear_of_midnight(MELBOURNE).await;
    let world = World::create(Engine::Sqlite).await;
    world.change_config(|text| text.replace("prefix = \"BG\"", "prefix = \"BG\"\nsweep_every = \"24h\""));
    let ledger = format!("sqlite://{}", world.folder().join("crossdock.db").display()).into();
    let ledger = crossdock_ledger::open(&ledger).await.unwrap();
    let acme: StoreId = "acme-au".parse().unwrap();
    ledger.keep_proved_day(&acme, day(4)).await.unwrap();
    // No sweep is due, which would find the order too.
    let now = Timestamp::now();
    ledger.keep_swept(&acme, Swept { from: Some(now), to: now }).await.unwrap();
    world.bigcommerce.callbacks().hold();
    let lost = world.bigcommerce.place_order(&mug(day(3)));

    let log = Log::in_folder(world.folder());
    let crossdock = Process::start_logging(&world.config, None, &log, "warn,crossdock=info");
    let story = world.order_in_state(&lost, "accepted").await;
    assert_eq!(story["timeline"][0]["cause"], "proof", "{story}");
    let alert = "orders of the day were missing; the order-importer looks at them now";
    let said = log.has_said(alert, 1).await;
    assert_eq!((&said["level"], &said["order.ids"]), (&json!("ERROR"), &json!(lost)));
    assert_eq!((&said["day"], &said["missing"]), (&json!(day(3).to_string()), &json!(1)));
    eventually("the days up to yesterday, or the day before it, are proved", || async {
        ledger.proved_day(&acme).await.unwrap().filter(|proved| *proved >= day(2))
    })
    .await;
    let metrics = http().get(world.at("metrics")).send().await.unwrap().text().await.unwrap();
    for line in [
        r#"crossdock_reconciler_proof_missing{store="acme-au"} 1"#,
        r#"crossdock_reconciler_proof_orders{store="acme-au",state="released"} 0"#,
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    crossdock.signal("TERM").await;
    assert_eq!(crossdock.ended().await, 0);

    // Another shop, which is new here, has no day yet that is all ours.
    let widgets = ledger.proved_day(&"acme-widgets".parse().unwrap()).await.unwrap().unwrap();
    assert!(widgets >= Timestamp::now().in_tz("UTC").unwrap().date() - 1.day());
    let crossdock = Process::start_logging(&world.config, None, &log, "warn,crossdock=info");
    world.ready().await;
    crossdock.signal("TERM").await;
    assert_eq!(crossdock.ended().await, 0);
    assert_eq!(log.saying(alert).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_is_stopped_imports_no_more_and_names_what_is_left() {
    clear_of_midnight(MELBOURNE).await;
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = Process::start(&world.config, Some("receiver,order-importer"));
    world.ready().await;
    world.bigcommerce.callbacks().hold();
    let test = Draft { lines: Draft::of(&[("Test001", 1)]).lines, ..mug(day(1)) };
    for _ in 0..260 {
        world.bigcommerce.place_order(&test);
    }
    // Two pages of the list, then the orders themselves.
    for hang in [0, 0, HANG_SECS] {
        world.bigcommerce.faults().next("GET", "/v2/orders", Fault::Hang(Duration::from_secs(hang)));
    }
    let arguments = ["orders", "proof", "--store", "acme-au", "--json"];
    let proof = Process::start_command(&world.config, &arguments);
    eventually("the first orders are being read", || async {
        world.bigcommerce.faults().all_met().then_some(())
    })
    .await;
    proof.signal("INT").await;
    world.bigcommerce.faults().let_go();
    let output = proof.output().await;
    assert_eq!(output.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let missing = told[0]["missing"].as_array().unwrap();
    let of = |state: &str| missing.iter().filter(|order| order["then"]["state"] == state).count();
    assert_eq!((of("released"), of("left")), (250, 10), "{told}");
}
