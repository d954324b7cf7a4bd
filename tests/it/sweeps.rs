//! What no webhook tells is found by sweeps.

mod cursors;
mod open_orders;
mod processes;
mod second_looks;

use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::StoreId;
use crossdock_ledger::Ledger;
use crossdock_sandbox::{Draft, Fault, Quota};
use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::http;
use crossdock_tests::log::Log;
use crossdock_tests::process::Process;
use crossdock_tests::surroundings::Surroundings;
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::Value;

/// In the BigCommerce shop's lists of orders that were modified.
const BIGCOMMERCE_LIST: &str = "min_date_modified";

/// In the Ecwid shop's.
const ECWID_LIST: &str = "updatedFrom";

/// Everything but Crossdock, whose shops are swept each second and call nobody any more.
async fn silent(engine: Engine) -> World {
    silence(World::create(engine).await)
}

fn silence(world: World) -> World {
    world.change_config(|text| text.replace("[store.orders]", "[store.orders]\nsweep_every = \"1s\""));
    world.bigcommerce.callbacks().hold();
    world.ecwid.callbacks().hold();
    world
}

/// The ledger of a world over SQLite.
async fn ledger(world: &World) -> Arc<dyn Ledger> {
    let url = format!("sqlite://{}", world.folder().join("crossdock.db").display());
    crossdock_ledger::open(&url.into()).await.unwrap()
}

/// The BigCommerce shop.
fn acme() -> StoreId {
    "acme-au".parse().unwrap()
}

/// A metric; none as long as it has no such line.
async fn metric(world: &World, name: &str) -> Option<u64> {
    let text = http().get(world.at("metrics")).send().await.ok()?.text().await.ok()?;
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
        .and_then(|value| value.parse().ok())
}

/// Waits until a metric has come so far.
async fn metric_reaches(world: &World, name: &str, least: u64) -> u64 {
    let claim = format!("{name} reaches {least}");
    eventually(&claim, || async { metric(world, name).await.filter(|value| *value >= least) }).await
}

fn of(store: &str, name: &str) -> String {
    format!("crossdock_reconciler_{name}{{store=\"{store}\"}}")
}

/// Waits until both shops have been swept for the first time: from then on, what is found was missed.
async fn swept(world: &World) {
    for store in ["acme-au", "acme-widgets"] {
        metric_reaches(world, &of(store, "swept_to_timestamp_seconds"), 1).await;
    }
}

fn lists(world: &World, part: &str) -> usize {
    let requests = if part == ECWID_LIST { world.ecwid.requests() } else { world.bigcommerce.requests() };
    requests.iter().filter(|request| request.path_and_query.contains(part)).count()
}

/// The entries of a story's timeline that this caused.
fn caused_by<'s>(story: &'s Value, cause: &str) -> Vec<&'s Value> {
    let timeline = story["timeline"].as_array().unwrap();
    timeline.iter().filter(|entry| entry["cause"] == cause).collect()
}

fn place_bigcommerce(world: &World) -> String {
    format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 1)])))
}

fn place_ecwid(world: &World) -> String {
    format!("W-{}", world.ecwid.place_order(&Draft::of(&[("MUG", 1)])))
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn orders_that_no_webhook_tells_of_are_released_by_a_sweep_and_counted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = silent(engine).await;
    let _crossdock = world.run().await;
    swept(&world).await;
    let numbers = [place_bigcommerce(&world), place_ecwid(&world)];
    for (number, store) in numbers.iter().zip(["acme-au", "acme-widgets"]) {
        let story = world.order_in_state(number, "accepted").await;
        assert!(!caused_by(&story, "sweep").is_empty(), "{story}");
        metric_reaches(&world, &of(store, "missed_total"), 1).await;
        assert_eq!(world.warehouse.received(number), 1);
    }
    world.rests_without_dead_letters(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_while_no_receiver_runs_is_found_by_a_sweep() {
    let world = World::create(Engine::Sqlite).await;
    world.change_config(|text| text.replace("[store.orders]", "[store.orders]\nsweep_every = \"1s\""));
    let _crossdock = Process::start(&world.config, Some("order-importer,reconciler"));
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]).unpaid());
    world.order_in_state(&format!("BG{id}"), "filtered").await;
    // Paid in another second: the shop's dates know no less.
    let second = |order: &Value| order["date_modified"].as_str().map(str::to_owned);
    let before = second(&world.bigcommerce.order(&id));
    eventually("the shop's clock has moved on", || async {
        world.bigcommerce.set_status(&id, 11);
        (second(&world.bigcommerce.order(&id)) != before).then_some(())
    })
    .await;
    world.order_in_state(&format!("BG{id}"), "accepted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_cannot_be_read_stops_neither_the_sweep_nor_the_cursor() {
    let world = silent(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    swept(&world).await;
    let broken = [
        world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])),
        world.ecwid.place_order(&Draft::of(&[("MUG", 1)])),
    ];
    world.bigcommerce.change_order(&broken[0], |order| {
        order.insert("total_inc_tax".into(), "a lot".into());
    });
    world.ecwid.change_order(&broken[1], |order| {
        order.insert("total".into(), "a lot".into());
    });
    let numbers = [place_bigcommerce(&world), place_ecwid(&world)];
    for number in &numbers {
        world.order_in_state(number, "accepted").await;
    }
    for (id, store) in broken.iter().zip(["acme-au", "acme-widgets"]) {
        let cursor = of(store, "swept_to_timestamp_seconds");
        let now = metric(&world, &cursor).await.unwrap();
        metric_reaches(&world, &cursor, now + 1).await;
        let story = eventually("the story tells why", || async {
            world.story(id).await.filter(|story| story.to_string().contains("could not be imported"))
        });
        assert_eq!(story.await["state"], "not_imported");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_move_while_a_list_is_read_are_all_found() {
    const ORDERS: usize = 300;
    // What moves is read again and again: with a small plan's quota that is waited for.
    let bigcommerce_quota = Quota { requests: 1_000_000, ..Quota::BIGCOMMERCE };
    let surroundings = Surroundings { bigcommerce_quota, ..Surroundings::default() };
    let world = silence(World::amid(Engine::Sqlite, Vhost::create().await, surroundings).await);
    let ids: Vec<String> =
        (0..ORDERS).map(|_| world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 1)]))).collect();
    let _crossdock = world.run().await;
    let mut edited = ids.iter().cycle();
    eventually("every order is at the warehouse", || {
        // The next one is changed now, wherever the list is being read.
        let id = edited.next().expect("a cycle has no end");
        world.bigcommerce.change_order(id, |fields| {
            fields.insert("staff_notes".into(), "moved".into());
        });
        async { (world.warehouse.orders().len() >= ORDERS).then_some(()) }
    })
    .await;
    for id in &ids {
        assert_eq!(world.warehouse.received(&format!("BG{id}")), 1, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_hangs_leaves_the_sweeps_of_others_as_they_are() {
    let world = silent(Engine::Sqlite).await;
    for _ in 0..20 {
        world.bigcommerce.faults().next("GET", "/v2/orders", Fault::Hang(Duration::from_mins(10)));
    }
    let _crossdock = world.run().await;
    eventually("a sweep hangs", || async { (lists(&world, BIGCOMMERCE_LIST) > 0).then_some(()) }).await;
    let number = place_ecwid(&world);
    world.order_in_state(&number, "accepted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_with_one_shop_is_logged_once_and_when_it_is_over() {
    let world = silent(Engine::Sqlite).await;
    let log = Log::in_folder(world.folder());
    let _crossdock = Process::start_logging(&world.config, None, &log, "crossdock=info");
    swept(&world).await;
    world.bigcommerce.set_access_token("journey-rotated-token");
    let refused = "crossdock_reconciler_sweeps_total{store=\"acme-au\",result=\"shop-credentials-refused\"}";
    metric_reaches(&world, refused, 3).await;
    world.order_in_state(&place_ecwid(&world), "accepted").await;
    world.bigcommerce.set_access_token("journey-bigcommerce-token");
    let over = log.has_said("the shop is swept again", 1).await;
    assert_eq!(over["store.id"], "acme-au");
    let told = log.saying("the shop cannot be swept; trying again");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["store.id"], "acme-au");
}

#[tokio::test(flavor = "multi_thread")]
async fn shops_come_and_go_with_the_configuration() {
    let world = silent(Engine::Sqlite).await;
    let crossdock = world.run().await;
    swept(&world).await;
    let whole = std::fs::read_to_string(&world.config).unwrap();
    let second = whole.match_indices("[[store]]").nth(1).unwrap().0;
    std::fs::write(&world.config, &whole[..second]).unwrap();
    crossdock.signal("HUP").await;
    let cursor = of("acme-widgets", "swept_to_timestamp_seconds");
    eventually("the shop is not attended any more", || async {
        metric(&world, &cursor).await.is_none().then_some(())
    })
    .await;
    let number = place_ecwid(&world);
    std::fs::write(&world.config, &whole).unwrap();
    crossdock.signal("HUP").await;
    world.order_in_state(&number, "accepted").await;
}
