//! Importing: what it costs a shop, how fast it goes, how soon an order arrives, and what a full ledger changes; then what it costs a shop
//! to be told of stock and of shipments.
//!
//! The real `crossdock` binary between the sandbox's shops, RabbitMQ and a ledger; nobody takes the warehouse's orders but us.

mod arrivals;
mod arriving;
mod calls;
mod full_ledger;
mod installation;
mod limits;
mod report;
mod samples;
mod shipments;
mod stock;
mod throughput;
mod warehouse;

use anyhow::Context as _;
use crossdock_tests::database::Engine;
use crossdock_tests::node::Node;

use crate::command_line::{Options, Part};
use report::Report;

/// Both ledgers.
const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

/// Measures what is asked for, and prints it.
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    eprintln!("starting RabbitMQ");
    let node = Node::create().await;
    let mut report = Report::default();
    if options.wants(Part::Calls) {
        calls::measure(&node, &mut report).await.context("calls")?;
    }
    if options.wants(Part::Importer) {
        for engine in ENGINES {
            throughput::measure(&node, engine, &mut report).await.context("importer")?;
        }
    }
    if options.wants(Part::Arrival) {
        arriving::measure(&node, &mut report).await.context("arrival")?;
    }
    if options.wants(Part::Stock) {
        stock::measure(&node, &mut report).await.context("stock")?;
        shipments::measure(&node, &mut report).await.context("shipments")?;
    }
    if options.wants(Part::EcwidStock) {
        stock::measure_ecwid(&node, &mut report).await.context("ecwid-stock")?;
    } else if options.wants(Part::Stock) {
        report.leave_out("10,000 changed SKUs at Ecwid, which take half an hour: ARGS='--only ecwid-stock'");
    }
    if options.wants(Part::Ledger) {
        for engine in ENGINES {
            full_ledger::measure(engine, options.ledger_shops, &mut report).await.context("ledger")?;
        }
    }
    report.print();
    Ok(())
}
