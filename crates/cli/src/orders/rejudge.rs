//! `crossdock orders rejudge`: what the rules of the file would let through, or hold, now.

use std::path::Path;

use crossdock_domain::{OrderId, OrderNumber, StoreId};
use crossdock_ledger::{Ledger, OrderRecord};
use serde::Serialize;

use super::by_hand::{ByHand, CHUNK_ORDERS_MAX};
use super::fate::Fate;
use crate::command_line::OrdersRejudge;
use crate::configuration;
use crate::exit::Exit;
use crate::listing::{print, print_json, say, table};
use crate::progress::Progress;

/// How the timeline names the occasion.
const CAUSE: &str = "rejudged by hand";

/// Orders asked for from the ledger at once.
const PAGE_ORDERS: u32 = 1_000;

/// What changed, or would.
#[derive(Debug, Serialize)]
struct Report {
    store: StoreId,
    dry_run: bool,
    /// How many orders are kept out.
    orders: usize,
    changes: Vec<Change>,
    /// How many were not looked at, because of Ctrl-C.
    left: usize,
}

/// An order that is not kept out as it was.
#[derive(Debug, Serialize)]
struct Change {
    number: OrderNumber,
    order_id: OrderId,
    now: Fate,
    then: Fate,
}

/// `crossdock orders rejudge`
pub(crate) async fn rejudge(config: &Path, wanted: &OrdersRejudge) -> anyhow::Result<Exit> {
    let settings = configuration::load(config)?;
    let store = &configuration::store(&settings, &wanted.store)?.id;
    let by_hand = ByHand::begin(&settings, wanted.dry_run).await?;
    let report = judge_all(&by_hand, store, wanted.dry_run).await;
    by_hand.end().await;
    let report = report?;
    if wanted.json {
        print_json(&report)?;
    } else {
        tell(&report);
    }
    let failed = report.left > 0 || report.changes.iter().any(|change| change.then.is_failure());
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

async fn judge_all(by_hand: &ByHand, store: &StoreId, dry_run: bool) -> anyhow::Result<Report> {
    let ids = kept_out(&*by_hand.ledger, store).await?;
    let (mut changes, mut left) = (Vec::new(), ids.len());
    let mut progress = Progress::over_orders(ids.len());
    for chunk in ids.chunks(CHUNK_ORDERS_MAX) {
        if by_hand.stop.is_cancelled() {
            break;
        }
        let before = by_hand.ledger.records(store, chunk).await?;
        for (order_id, imported) in by_hand.take(store, chunk, CAUSE).await {
            let before = before.iter().find(|record| record.order_id == order_id);
            changes.extend(before.and_then(|before| change(before, imported.into())));
        }
        left -= chunk.len();
        progress.advance(chunk.len());
    }
    changes.sort_by(|one, other| one.order_id.cmp(&other.order_id));
    Ok(Report { store: store.clone(), dry_run, orders: ids.len(), changes, left })
}

fn change(before: &OrderRecord, then: Fate) -> Option<Change> {
    let (now, number, order_id) = (Fate::from(before), before.number.clone(), before.order_id.clone());
    (now != then).then_some(Change { number, order_id, now, then })
}

async fn kept_out(ledger: &dyn Ledger, store: &StoreId) -> anyhow::Result<Vec<OrderId>> {
    let mut all: Vec<OrderId> = Vec::new();
    loop {
        let page = ledger.kept_out(store, all.last(), PAGE_ORDERS).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

fn tell(report: &Report) {
    let mut rows = table(&["NUMBER", "ORDER", "NOW", if report.dry_run { "WOULD BE" } else { "THEN" }]);
    for Change { number, order_id, now, then } in &report.changes {
        rows.add_row([number.to_string(), order_id.to_string(), now.to_string(), then.to_string()]);
    }
    if !report.changes.is_empty() {
        print(&rows);
        say("");
    }
    let (changes, orders) = (report.changes.len(), report.orders);
    let done = if report.dry_run { "would change; nothing was done" } else { "have changed" };
    say(&format!("{changes} of {orders} filtered and held orders {done}"));
    if report.left > 0 {
        say(&format!("stopped; {} orders were not looked at: run it again to go on", report.left));
    }
}
