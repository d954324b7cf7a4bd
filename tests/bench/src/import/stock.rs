//! Requests to a shop for changed quantities, against the fewest that its API allows.

use std::time::Duration;

use anyhow::Context as _;
use crossdock_domain::{Sku, StockLevel};
use crossdock_events::StockCounted;
use crossdock_sandbox::{Catalog, Item};
use crossdock_tests::database::Engine;
use crossdock_tests::node::Node;
use jiff::Timestamp;

use super::installation::{Installation, item};
use super::report::{Report, Target};
use super::warehouse::Warehouse;

/// SKUs that change in a shop with many.
const SKUS: u32 = 10_000;

/// Of them, those that the Ecwid shop sells beside a BigCommerce shop: fewer than [`ECWID_MINUTE`], so that one minute has room for them.
const ECWID_SKUS: u32 = 300;

/// Quantities that stock may set in a minute of Ecwid's.
const ECWID_MINUTE: u32 = 390;

/// Longest time for all [`SKUS`] at Ecwid.
const ECWID_TIME: Duration = Duration::from_mins(45);

/// Longest time for both shops: each product of which a shop tells goes through the receiver and the queue meanwhile.
const TIME: Duration = Duration::from_mins(5);

/// Time between two looks at what a shop offers.
const LOOK: Duration = Duration::from_secs(1);

/// Quantities that one BigCommerce adjustment can hold.
const BIGCOMMERCE_ITEMS: u32 = 2_000;

/// Fewest calls for what one batch of Ecwid's can hold: to hand it over, and to hear of it.
const ECWID_CALLS: u32 = 2;

/// Of the fewest calls (issue: within 5 %).
const OF_FEWEST_MAX: f64 = 1.05;

/// Longer than requests to Ecwid are counted.
const MINUTE: Duration = Duration::from_secs(70);

/// Time without a request after which nothing follows what was told: products that a shop tells of are read anew within it.
const QUIET: Duration = Duration::from_secs(20);

/// Lets all SKUs be counted twice: the first count finds out where they are listed, the second is measured, with what follows when the shops
/// tell of what was written to them.
pub(super) async fn measure(node: &Node, report: &mut Report) -> anyhow::Result<()> {
    eprintln!("stock: {SKUS} changed SKUs");
    let goods = [goods(SKUS), goods(ECWID_SKUS)];
    let installation = Installation::selling(node, Engine::Sqlite, 1, goods).await?;
    let (_receiver, _arrivals) = installation.open().await?;
    let warehouse = Warehouse::connect(&installation.vhost.address()).await?;
    let _writer = installation.start("stock-writer")?;
    count(&installation, &warehouse, 7).await?;
    tokio::time::sleep(MINUTE).await;
    installation.announce();
    installation.announce_ecwid();
    let before = installation.all_calls();
    count(&installation, &warehouse, 9).await?;
    let after = installation.all_calls_when_quiet(QUIET).await;
    let [bigcommerce, ecwid] =
        [0, 1].map(|shop| f64::from(u32::try_from(after[shop] - before[shop]).unwrap_or(u32::MAX)));
    let target = Some(Target::AtMost(OF_FEWEST_MAX));
    let fewest = f64::from(SKUS.div_ceil(BIGCOMMERCE_ITEMS));
    report.add("calls for 10,000 changed SKUs, BigCommerce", (bigcommerce, fewest), "calls", target);
    let name = "calls for 300 changed SKUs, Ecwid (its minute has room for 390)";
    report.add(name, (ecwid, ECWID_CALLS.into()), "calls", target);
    Ok(())
}

/// Lets all SKUs of an Ecwid shop be counted. What it takes to find out where they are listed is left out.
pub(super) async fn measure_ecwid(node: &Node, report: &mut Report) -> anyhow::Result<()> {
    eprintln!("stock: {SKUS} changed SKUs at Ecwid");
    let installation = Installation::selling(node, Engine::Sqlite, 1, [Vec::new(), goods(SKUS)]).await?;
    let (_receiver, _arrivals) = installation.open().await?;
    let warehouse = Warehouse::connect(&installation.vhost.address()).await?;
    let _writer = installation.start("stock-writer")?;
    installation.announce_ecwid();
    tell(&warehouse, 7).await?;
    let all_are_told = async {
        while !offers(installation.ecwid.catalog(), 7) {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(ECWID_TIME, all_are_told).await.context("not all quantities are at the shop")?;
    let all_are_heard_of = async {
        while installation.ecwid_stock_calls()[1] < installation.ecwid_stock_calls()[0] {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(MINUTE, all_are_heard_of).await.context("a batch was not asked after")?;
    installation.all_calls_when_quiet(QUIET).await;
    let calls = installation.ecwid_stock_calls();
    let [batches, looks, single, read] = calls;
    eprintln!(
        "  {batches} batches, {looks} looks at them, {single} single quantities, {read} products read anew"
    );
    let calls = u32::try_from(calls.iter().sum::<usize>())?;
    let fewest = SKUS.div_ceil(ECWID_MINUTE) * ECWID_CALLS;
    let name = format!("calls for 10,000 changed SKUs, Ecwid ({ECWID_MINUTE} a minute)");
    report.add(name, (calls.into(), fewest.into()), "calls", Some(Target::AtMost(OF_FEWEST_MAX)));
    Ok(())
}

/// Counts so many units of each SKU, and waits until both shops offer them.
async fn count(installation: &Installation, warehouse: &Warehouse, units: i64) -> anyhow::Result<()> {
    tell(warehouse, units).await?;
    let shops = [installation.shops[0].catalog(), installation.ecwid.catalog()];
    let both_are_told = async {
        while !shops.iter().all(|catalog| offers(catalog, units)) {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(TIME, both_are_told).await.context("not all quantities are at both shops")
}

/// There are so many units of each SKU.
async fn tell(warehouse: &Warehouse, units: i64) -> anyhow::Result<()> {
    let levels =
        (0..SKUS).map(|number| StockLevel { sku: Sku::new(sku(number)), on_hand: units, allocated: None });
    let counted = StockCounted { counted_at: Timestamp::now(), levels: levels.collect() };
    warehouse.tell(&format!("count-{units}"), counted).await
}

fn offers(catalog: &Catalog, units: i64) -> bool {
    catalog.items().iter().all(|item| item.stock == Some(units))
}

fn goods(skus: u32) -> Vec<Item> {
    (0..skus).map(|number| item(number.into(), &sku(number), Some(1))).collect()
}

fn sku(number: u32) -> String {
    format!("SKU-{number}")
}
