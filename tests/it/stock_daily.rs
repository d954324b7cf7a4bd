//! Everything is pushed once a day.

mod killed;

use crossdock_domain::{Listing, ListingStock, Sku, StockLevel, StoreId};
use crossdock_ledger::Ledger;
use crossdock_sandbox::Item;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

/// Writes of quantities to the Ecwid shop.
fn writes(world: &World) -> usize {
    let requests = world.ecwid.requests();
    requests.iter().filter(|it| it.method == "PUT" && it.path_and_query.contains("products/")).count()
}

fn widgets() -> StoreId {
    "acme-widgets".parse().unwrap()
}

fn level(sku: &str, on_hand: i64) -> StockLevel {
    StockLevel { sku: Sku::from(sku), on_hand, allocated: None }
}

async fn stop(process: Process) {
    process.signal("TERM").await;
    assert_eq!(process.ended().await, 0);
}

/// Has the Ecwid shop, which is in UTC, told all its stock once a day, and no change. The day that is due: since six hours or almost
/// seven, so that no other one is due before the journey ends.
fn daily_only(world: &World) -> Date {
    let due = (Timestamp::now() - 6.hours()).in_tz("UTC").unwrap();
    let daily = format!("push = \"on_hand\"\non_change = false\ndaily_at = \"{:02}:00\"", due.hour());
    world.change_config(|text| text.replace("push = \"on_hand\"", &daily));
    due.date()
}

async fn asked_up_to(ledger: &dyn Ledger, day: Date) {
    eventually("the day's push was asked for", || async {
        ledger.stock_day(&widgets()).await.unwrap().filter(|asked| *asked == day)
    })
    .await;
}

/// Counts so many mugs, and waits until BigCommerce, which is told changes, shows them less its buffer.
async fn counted_for_bigcommerce(world: &World, mugs: i64) {
    world.warehouse.count(vec![level("MUG", mugs)]);
    eventually("BigCommerce is told", || async {
        (world.bigcommerce.catalog().stock("MUG") == Some(mugs - 1)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_is_told_daily_is_told_once_a_day_also_after_a_standstill_and_by_several_processes() {
    let world = World::create(Engine::Sqlite).await;
    let due = daily_only(&world);
    let ledger = world.ledger().await;

    // New here: pushed from the next time on. A change is not told.
    let crossdock = world.run().await;
    asked_up_to(&*ledger, due).await;
    counted_for_bigcommerce(&world, 30).await;
    stop(crossdock).await;
    assert_eq!(writes(&world), 0);

    // It stood still for three days.
    ledger.keep_stock_day(&widgets(), due - 3.days()).await.unwrap();
    let processes = [world.run().await, Process::start(&world.config, Some("reconciler,stock-writer"))];
    eventually("Ecwid is told", || async { (world.ecwid.catalog().stock("MUG") == Some(30)).then_some(()) })
        .await;
    asked_up_to(&*ledger, due).await;
    // Counted and handled after everything that was asked for before.
    counted_for_bigcommerce(&world, 31).await;
    for process in processes {
        stop(process).await;
    }
    assert_eq!(
        (writes(&world), world.ecwid.catalog().stock("MUG")),
        (1, Some(30)),
        "once, and no change since"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_no_webhook_told_of_is_found_and_told_by_the_days_push() {
    let world = World::create(Engine::Sqlite).await;
    let due = daily_only(&world);
    let ledger = world.ledger().await;
    let crossdock = world.run().await;
    asked_up_to(&*ledger, due).await;
    world.warehouse.count(vec![level("CAP", 12)]);
    counted_for_bigcommerce(&world, 30).await;
    stop(crossdock).await;

    // The catalogue was read for the last day's push; the merchant has listed a cap since.
    let mug = world.ecwid.catalog().items().iter().find(|item| item.sku == "MUG").unwrap().clone();
    let (product_id, stock) = (mug.product_id.to_string(), ListingStock::Counted);
    let read = Listing { sku: Sku::from("MUG"), product_id, variant_id: None, stock };
    ledger.learn_page(&widgets(), Timestamp::now() - 20.hours(), &[read], None).await.unwrap();
    let cap = Item { product_id: 150, variant_id: 250, sku: "CAP".into(), stock: Some(0), ..mug };
    world.ecwid.catalog().items().push(cap);
    ledger.keep_stock_day(&widgets(), due - 1.day()).await.unwrap();
    let crossdock = world.run().await;
    eventually("the cap is told with the mug", || async {
        let shown = ["CAP", "MUG"].map(|sku| world.ecwid.catalog().stock(sku));
        (shown == [Some(12), Some(30)]).then_some(())
    })
    .await;
    stop(crossdock).await;
    assert_eq!(writes(&world), 2, "by one push");
}
