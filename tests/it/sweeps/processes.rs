//! Sweeps over several processes, and those that are cut short.

use std::time::Duration;

use crossdock_sandbox::Fault;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::log::Log;
use crossdock_tests::node::Node;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use rstest::rstest;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use super::{
    BIGCOMMERCE_LIST, ECWID_LIST, lists, metric, metric_reaches, of, place_bigcommerce, silence, silent,
    swept,
};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn one_process_sweeps_a_shop_at_a_time_and_another_takes_over_when_it_is_killed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = silent(engine).await;
    let _others = Process::start(&world.config, Some("receiver,order-importer"));
    world.bigcommerce.faults().next("GET", "/v2/orders", Fault::Hang(Duration::from_mins(10)));
    let first = Process::start(&world.config, Some("reconciler"));
    eventually("the first is in a sweep", || async { (lists(&world, BIGCOMMERCE_LIST) > 0).then_some(()) })
        .await;
    let number = place_bigcommerce(&world);

    let log = Log::in_folder(world.folder());
    let _second = Process::start_logging(&world.config, Some("reconciler"), &log, "crossdock=debug");
    eventually("the second finds the first at it", || async {
        let put_off = log.saying("a round is put off");
        put_off.iter().any(|line| line["store.id"] == "acme-au").then_some(())
    })
    .await;
    let swept = lists(&world, ECWID_LIST);
    eventually("the other shop is swept", || async { (lists(&world, ECWID_LIST) > swept).then_some(()) })
        .await;
    assert_eq!(lists(&world, BIGCOMMERCE_LIST), 1, "the second leaves the shop to the first");
    first.kill().await;
    world.order_in_state(&number, "accepted").await;
    assert_eq!(world.warehouse.received(&number), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_takes_long_keeps_its_lease() {
    let world = silent(Engine::Sqlite).await;
    world.bigcommerce.faults().next("GET", "/v2/orders", Fault::Hang(Duration::from_mins(10)));
    let _reconciler = Process::start(&world.config, Some("reconciler"));
    let file = SqliteConnectOptions::new().filename(world.folder().join("crossdock.db")).read_only(true);
    let until = async || -> Option<i64> {
        let mut ledger = SqliteConnection::connect_with(&file).await.ok()?;
        let query = sqlx::query_scalar("SELECT until FROM leases WHERE name = 'sweep/acme-au'");
        query.fetch_optional(&mut ledger).await.ok()?
    };
    let first = eventually("the lease is taken", &until).await;
    eventually("the lease is renewed", || async { until().await.filter(|renewed| *renewed > first) }).await;
    assert_eq!(lists(&world, BIGCOMMERCE_LIST), 1, "by the sweep that took it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_stays_as_long_as_what_was_found_cannot_be_told() {
    let node = Node::create().await;
    let world = silence(World::over(Engine::Sqlite, node.vhost().await).await);
    let _crossdock = world.run().await;
    swept(&world).await;
    node.stop().await;
    let number = place_bigcommerce(&world);
    let failed = "crossdock_reconciler_sweeps_total{store=\"acme-au\",result=\"broker-unavailable\"}";
    let failures = metric_reaches(&world, failed, 1).await;
    let cursor = metric(&world, &of("acme-au", "swept_to_timestamp_seconds")).await.unwrap();
    metric_reaches(&world, failed, failures + 2).await;
    assert_eq!(metric(&world, &of("acme-au", "swept_to_timestamp_seconds")).await, Some(cursor));
    node.start().await;
    world.order_in_state(&number, "accepted").await;
    metric_reaches(&world, &of("acme-au", "swept_to_timestamp_seconds"), cursor + 1).await;
}
