//! Processes that are killed while they have the day's push made.

use std::collections::BTreeSet;
use std::time::Duration;

use crossdock_sandbox::Fault;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::{Process, crossdock as command};
use crossdock_tests::world::World;
use jiff::ToSpan as _;
use rstest::rstest;

use super::{asked_up_to, counted_for_bigcommerce, daily_only, level, stop, widgets, writes};

/// How often the reconciler dies between RabbitMQ's confirm and the ledger's note of the day.
const DEATHS: usize = 2;

/// Longer than anybody waits for a shop, in seconds.
const HANG_SECS: u64 = 90;

/// What the Ecwid shop lists, with the units that are counted.
const COUNTED: [(&str, i64); 3] = [("TEE-M", 7), ("MUG", 30), ("Test001", 9)];

async fn ecwid_shows_all(world: &World) {
    eventually("Ecwid shows all counts", || async {
        COUNTED.iter().all(|(sku, units)| world.ecwid.catalog().stock(sku) == Some(*units)).then_some(())
    })
    .await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_days_push_is_one_and_whole_though_each_process_is_killed_amid_its_part_of_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let due = daily_only(&world);
    let ledger = world.ledger().await;
    let crossdock = world.run().await;
    asked_up_to(&*ledger, due).await;
    world.warehouse.count(COUNTED.map(|(sku, units)| level(sku, units)).into());
    counted_for_bigcommerce(&world, 30).await;
    stop(crossdock).await;
    let asked = world.vhost.tap("stock.due").await;

    // A day later. A reconciler that dies before its note leaves the ledger as it was.
    for death in 0..=DEATHS {
        ledger.keep_stock_day(&widgets(), due - 1.day()).await.unwrap();
        let reconciler = Process::start(&world.config, Some("reconciler"));
        asked_up_to(&*ledger, due).await;
        reconciler.kill().await;
        world.leases_run_out().await;
        assert_eq!(writes(&world), 0, "nobody is there to push after {death} deaths");
    }
    world.ecwid.faults().next("PUT", "products/101", Fault::DoneThenHang(Duration::from_secs(HANG_SECS)));
    let writer = Process::start(&world.config, Some("stock-writer"));
    ecwid_shows_all(&world).await;
    writer.kill().await;
    world.leases_run_out().await;
    let before = writes(&world);

    world.ecwid.catalog().items().iter_mut().for_each(|item| item.stock = Some(500));
    let crossdock = world.run().await;
    ecwid_shows_all(&world).await;
    // By hand, a change is told: after everything that was asked for before.
    counted_for_bigcommerce(&world, 31).await;
    let output = command(&world.config, &["stock", "push", "--store", "acme-widgets"]).await;
    assert_eq!(output.status.code(), Some(0));
    eventually("Ecwid shows the change", || async {
        (world.ecwid.catalog().stock("MUG") == Some(31)).then_some(())
    })
    .await;
    stop(crossdock).await;
    assert_eq!(writes(&world) - before, COUNTED.len() + 1, "what was asked for several times is told once");
    let asked = world.vhost.take(&asked).await;
    let days: Vec<&str> =
        asked.iter().map(|it| it.id.as_str()).filter(|id| id.starts_with("daily/")).collect();
    assert_eq!(days.len(), DEATHS + 1, "{days:?}");
    assert_eq!(BTreeSet::from_iter(days), [format!("daily/acme-widgets/{due}").as_str()].into());
}
