//! Where a sweep begins, and where it goes on.

use std::time::Duration;

use crossdock_ledger::Swept;
use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::{
    BIGCOMMERCE_LIST, acme, caused_by, ledger, lists, metric_reaches, of, place_bigcommerce, silent, swept,
};

/// Places an order that nobody has touched since then.
fn place_long_ago(world: &World, at: Timestamp) -> String {
    let id = world.bigcommerce.place_order(&Draft { placed_at: at, ..Draft::of(&[("MUG", 1)]) });
    world.bigcommerce.leave_untouched_since(&id, at);
    format!("BG{id}")
}

/// Has orders wanted from this many days ago on.
fn start_days_ago(world: &World, days: i64) {
    let day = Timestamp::now().in_tz("Australia/Melbourne").unwrap().date() - days.days();
    world.change_config(|text| {
        let kept = |line: &&str| !line.starts_with("start_date");
        let text = text.lines().filter(kept).collect::<Vec<_>>().join("\n");
        text.replace("prefix = \"BG\"", &format!("prefix = \"BG\"\nstart_date = \"{day}\""))
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_date_that_is_moved_back_brings_the_orders_of_that_time() {
    let world = silent(Engine::Sqlite).await;
    let old = place_long_ago(&world, Timestamp::now() - SignedDuration::from_hours(3 * 24));
    start_days_ago(&world, 1);
    let crossdock = world.run().await;
    swept(&world).await;
    let new = place_bigcommerce(&world);
    world.order_in_state(&new, "accepted").await;
    assert_eq!(world.story(&old).await, None);

    start_days_ago(&world, 5);
    crossdock.signal("HUP").await;
    let story = world.order_in_state(&old, "accepted").await;
    assert!(!caused_by(&story, "sweep").is_empty(), "{story}");
    assert_eq!(
        world.metric(&of("acme-au", "missed_total")).await,
        1,
        "no webhook was to tell of the old one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_a_clock_put_into_the_future_stops_no_sweep() {
    let world = silent(Engine::Sqlite).await;
    let (ledger, now) = (ledger(&world).await, Timestamp::now());
    let day = SignedDuration::from_hours(24);
    ledger.keep_swept(&acme(), Swept { from: Some(now - day * 2), to: now + day }).await.unwrap();
    let number = place_long_ago(&world, now - day);
    let _crossdock = world.run().await;
    world.order_in_state(&number, "accepted").await;
    eventually("the cursor is right", || async {
        ledger.swept(&acme()).await.unwrap().filter(|swept| swept.to <= Timestamp::now())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_breaks_off_goes_on_where_it_stood() {
    const ORDERS: u64 = 600;
    let world = World::create(Engine::Sqlite).await;
    world.change_config(|text| text.replace("[store.orders]", "[store.orders]\nsweep_every = \"1h\""));
    world.bigcommerce.callbacks().hold();
    let some_time_ago = Timestamp::now() - SignedDuration::from_mins(2);
    for _ in 0..ORDERS {
        place_long_ago(&world, some_time_ago);
    }
    // The first page comes, and the second does not, however often it is asked for.
    let faults = world.bigcommerce.faults();
    faults.next("GET", "/v2/orders", Fault::Hang(Duration::ZERO));
    (0..3).for_each(|_| faults.next("GET", "/v2/orders", Fault::Status(503)));
    let _reconciler = Process::start(&world.config, Some("receiver,reconciler"));
    world.ready().await;
    metric_reaches(&world, &of("acme-au", "swept_to_timestamp_seconds"), 1).await;
    let broken_off = "crossdock_reconciler_sweeps_total{store=\"acme-au\",result=\"shop-unavailable\"}";
    assert_eq!(world.metric(broken_off).await, 1);
    let requests = world.bigcommerce.requests();
    let of_list = requests.iter().filter(|request| request.path_and_query.contains(BIGCOMMERCE_LIST));
    let from_the_beginning = of_list.filter(|request| !request.path_and_query.contains("min_id"));
    assert_eq!(from_the_beginning.count(), 1, "{} calls", lists(&world, BIGCOMMERCE_LIST));
    let noticed = "crossdock_reconciler_notices_total{store=\"acme-au\",cause=\"sweep\"}";
    assert_eq!(world.metric(noticed).await, ORDERS, "nothing is told twice");
}
