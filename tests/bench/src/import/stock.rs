//! Requests to a shop for changed quantities, against the fewest that its API allows.

use std::time::Duration;

use crossdock_domain::{Sku, StockLevel};
use crossdock_events::StockCounted;
use crossdock_sandbox::{Catalog, Item};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::node::Node;
use jiff::Timestamp;

use super::installation::{Installation, item};
use super::report::{Report, Target};
use super::warehouse::Warehouse;

/// SKUs of the BigCommerce shop, all of which change.
const SKUS: u32 = 10_000;

/// Of them, those that the Ecwid shop sells too: fewer than stock may take of Ecwid's minute, so that one minute has room for them.
const ECWID_SKUS: u32 = 300;

/// Quantities that one BigCommerce adjustment can hold.
const BIGCOMMERCE_ITEMS: u32 = 2_000;

/// Fewest calls for what one batch of Ecwid's can hold: to hand it over, and to hear of it.
const ECWID_CALLS: u32 = 2;

/// Of the fewest calls (issue: within 5 %).
const OF_FEWEST_MAX: f64 = 1.05;

/// Longer than requests to Ecwid are counted.
const MINUTE: Duration = Duration::from_secs(70);

/// Lets all SKUs be counted twice: the first count finds out where they are listed, the second is measured.
pub(super) async fn measure(node: &Node, report: &mut Report) -> anyhow::Result<()> {
    eprintln!("stock: {SKUS} changed SKUs");
    let goods = [goods(SKUS), goods(ECWID_SKUS)];
    let installation = Installation::selling(node, Engine::Sqlite, 1, goods).await?;
    let (_receiver, _arrivals) = installation.open().await?;
    let warehouse = Warehouse::connect(&installation.vhost.address()).await?;
    let _writer = installation.start("stock-writer")?;
    count(&installation, &warehouse, 7).await?;
    tokio::time::sleep(MINUTE).await;
    let before = installation.all_calls();
    count(&installation, &warehouse, 9).await?;
    let after = installation.all_calls();
    let [bigcommerce, ecwid] =
        [0, 1].map(|shop| f64::from(u32::try_from(after[shop] - before[shop]).unwrap_or(u32::MAX)));
    let target = Some(Target::AtMost(OF_FEWEST_MAX));
    let fewest = f64::from(SKUS.div_ceil(BIGCOMMERCE_ITEMS));
    report.add("calls for 10,000 changed SKUs, BigCommerce", (bigcommerce, fewest), "calls", target);
    let name = "calls for 300 changed SKUs, Ecwid (its minute has room for 390)";
    report.add(name, (ecwid, ECWID_CALLS.into()), "calls", target);
    Ok(())
}

/// Counts so many units of each SKU, and waits until both shops offer them.
async fn count(installation: &Installation, warehouse: &Warehouse, units: i64) -> anyhow::Result<()> {
    let levels =
        (0..SKUS).map(|number| StockLevel { sku: Sku::new(sku(number)), on_hand: units, allocated: None });
    let counted = StockCounted { counted_at: Timestamp::now(), levels: levels.collect() };
    warehouse.tell(&format!("count-{units}"), counted).await?;
    let offers = |catalog: &Catalog| catalog.items().iter().all(|item| item.stock == Some(units));
    eventually("both shops are told", || async {
        (offers(installation.shops[0].catalog()) && offers(installation.ecwid.catalog())).then_some(())
    })
    .await;
    Ok(())
}

fn goods(skus: u32) -> Vec<Item> {
    (0..skus).map(|number| item(number.into(), &sku(number), Some(1))).collect()
}

fn sku(number: u32) -> String {
    format!("SKU-{number}")
}
