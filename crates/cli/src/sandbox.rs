//! `crossdock sandbox`: shops and a warehouse for the stores on loopback.

use std::path::Path;
use std::sync::Arc;

use crossdock_sandbox::{OrderRow, Report, SandboxRun, StockRow};
use crossdock_telemetry::metrics::Metrics;

use crate::command_line::Sandbox;
use crate::exit::Exit;
use crate::listing::{print, print_json, say, table};
use crate::{configuration, parts, signals};

/// Runs them until stopped, or until so many orders are through.
pub(crate) async fn sandbox(config: &Path, options: &Sandbox) -> anyhow::Result<Exit> {
    let settings = Arc::new(configuration::load(config)?);
    let run = SandboxRun {
        broker: parts::broker(&settings),
        settings,
        orders_queue: crossdock_order_importer::WAREHOUSE_ORDERS,
        orders: options.orders,
        pace: options.pace(),
        ship_after: options.ship_after(),
        first_order_id: options.first_order_id,
        seed: options.seed,
        metrics: Metrics::default(),
    };
    let report = crossdock_sandbox::run(run, signals::stop_token()?).await?;
    if options.orders.is_none() {
        return Ok(Exit::Done);
    }
    if options.json {
        print_json(&report)?;
    } else {
        tell(&report);
    }
    Ok(if report.is_complete() { Exit::Done } else { Exit::Failed })
}

fn tell(report: &Report) {
    let mut orders =
        table(&["NUMBER", "STORE", "EXPECTED", "RELEASED", "TRACKING", "STATUS AT THE SHOP", "TOOK"]);
    for OrderRow { store, number, expected, received, tracking_number, shop_status, took_ms, .. } in
        &report.orders
    {
        orders.add_row([
            number.to_string(),
            store.to_string(),
            expected.to_string(),
            format!("{received} ×"),
            tracking_number.clone().unwrap_or_default(),
            shop_status.clone(),
            took_ms.map(|ms| format!("{}.{} s", ms / 1000, ms % 1000 / 100)).unwrap_or_default(),
        ]);
    }
    print(&orders);
    say("");
    let mut stock = table(&["STORE", "SKU", "SHOULD SHOW", "SHOWS"]);
    for StockRow { store, sku, expected, shop_has } in &report.stock {
        let shows = shop_has.map(|units| units.to_string()).unwrap_or_default();
        stock.add_row([store.to_string(), sku.clone(), expected.to_string(), shows]);
    }
    print(&stock);
    say("");
    if report.is_complete() {
        say(&format!(
            "{} orders: each is where it belongs, and every shop shows the right stock.",
            report.orders.len()
        ));
    }
    for sentence in &report.missing {
        say(&format!("missing: {sentence}"));
    }
}
