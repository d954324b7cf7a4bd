//! Everything is pushed once a day.

use crossdock_domain::{Sku, StockLevel, StoreId};
use crossdock_ledger::Ledger;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use jiff::{Timestamp, ToSpan as _};

/// Writes of quantities to the Ecwid shop.
fn writes(world: &World) -> usize {
    let requests = world.ecwid.requests();
    requests.iter().filter(|it| it.method == "PUT" && it.path_and_query.contains("products/")).count()
}

async fn stop(process: Process) {
    process.signal("TERM").await;
    assert_eq!(process.ended().await, 0);
}

/// The latest midnight in UTC: the time of the push.
fn today() -> jiff::civil::Date {
    Timestamp::now().in_tz("UTC").unwrap().date()
}

async fn asked_up_to_today(ledger: &dyn Ledger, store: &StoreId) {
    eventually("the day's push was asked for", || async {
        ledger.stock_day(store).await.unwrap().filter(|day| *day == today())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_is_told_daily_is_told_once_a_day_also_after_a_standstill_and_by_several_processes() {
    let world = World::create(Engine::Sqlite).await;
    world.change_config(|text| {
        text.replace("push = \"on_hand\"", "push = \"on_hand\"\non_change = false\ndaily_at = \"00:00\"")
    });
    let url = format!("sqlite://{}", world.folder().join("crossdock.db").display()).into();
    let ledger = crossdock_ledger::open(&url).await.unwrap();
    let widgets: StoreId = "acme-widgets".parse().unwrap();

    // New here: pushed from the next time on. A change is not told.
    let crossdock = world.run().await;
    asked_up_to_today(&*ledger, &widgets).await;
    world.warehouse.count(vec![StockLevel { sku: Sku::from("MUG"), on_hand: 30, allocated: None }]);
    eventually("BigCommerce is told", || async {
        (world.bigcommerce.catalog().stock("MUG") == Some(29)).then_some(())
    })
    .await;
    stop(crossdock).await;
    assert_eq!(writes(&world), 0);

    // It stood still for three days.
    ledger.keep_stock_day(&widgets, today() - 3.days()).await.unwrap();
    let processes = [world.run().await, Process::start(&world.config, Some("reconciler,stock-writer"))];
    eventually("Ecwid is told", || async { (world.ecwid.catalog().stock("MUG") == Some(30)).then_some(()) })
        .await;
    asked_up_to_today(&*ledger, &widgets).await;
    // Counted and handled after everything that was asked for before.
    world.warehouse.count(vec![StockLevel { sku: Sku::from("MUG"), on_hand: 31, allocated: None }]);
    eventually("BigCommerce is told", || async {
        (world.bigcommerce.catalog().stock("MUG") == Some(30)).then_some(())
    })
    .await;
    for process in processes {
        stop(process).await;
    }
    assert_eq!(
        (writes(&world), world.ecwid.catalog().stock("MUG")),
        (1, Some(30)),
        "once, and no change since"
    );
}
