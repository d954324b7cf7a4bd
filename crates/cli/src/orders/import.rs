//! `crossdock orders import`: what a shop says was placed in the last days.

use std::path::Path;

use anyhow::{anyhow, bail};
use crossdock_domain::{OrderId, StoreId};
use crossdock_ledger::{KnownOrder, OrderState};
use crossdock_order_importer::Imported;
use crossdock_reconciler::placed_orders;
use crossdock_settings::{StoreSettings, start_of_day};
use crossdock_storefront::ListedOrder;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::by_hand::{ByHand, CHUNK_ORDERS_MAX};
use super::tally::Tally;
use crate::command_line::OrdersImport;
use crate::configuration;
use crate::exit::Exit;
use crate::listing::{moment, print_json, say};
use crate::progress::Progress;

/// How the timeline names the occasion.
const CAUSE: &str = "manual import";

/// How far a shop's clock may be ahead of ours, in seconds.
const AHEAD_SECS_MAX: i64 = 5 * 60;

/// What was imported.
#[derive(Debug, Serialize)]
struct Report {
    store: StoreId,
    since: Timestamp,
    /// How many orders the shop has of that time.
    orders: usize,
    #[serde(flatten)]
    tally: Tally,
    /// How many were not looked at, because of Ctrl-C.
    left: usize,
}

/// `crossdock orders import`
pub(crate) async fn import(config: &Path, wanted: &OrdersImport) -> anyhow::Result<Exit> {
    let settings = configuration::load(config)?;
    let store = configuration::store(&settings, &wanted.store)?;
    let by_hand = ByHand::begin(&settings, false).await?;
    let report = import_since(&by_hand, &store.id, since(wanted, store)).await;
    by_hand.end().await;
    let report = report?;
    if wanted.json {
        print_json(&report)?;
    } else {
        tell(&report);
    }
    let done = report.tally.failed.is_empty() && report.left == 0;
    Ok(if done { Exit::Done } else { Exit::Failed })
}

fn since(wanted: &OrdersImport, store: &StoreSettings) -> Timestamp {
    match wanted.since {
        Some(day) => start_of_day(day, &store.time_zone),
        None => {
            Timestamp::now() - SignedDuration::from_hours(24 * i64::from(wanted.days.unwrap_or_default()))
        }
    }
}

async fn import_since(by_hand: &ByHand, store: &StoreId, since: Timestamp) -> anyhow::Result<Report> {
    let (shop, until) =
        (by_hand.shops.get(store)?, Timestamp::now() + SignedDuration::from_secs(AHEAD_SECS_MAX));
    let listing = placed_orders(&shop, since, until);
    let Some(listed) = by_hand.stop.run_until_cancelled(listing).await else {
        bail!("stopped before anything was imported");
    };
    let listed =
        listed.map_err(|failure| anyhow!(failure.chain).context("the shop's orders cannot be listed"))?;
    let (mut tally, mut left) = (Tally::default(), listed.len());
    let mut progress = Progress::over_orders(listed.len());
    for chunk in listed.chunks(CHUNK_ORDERS_MAX) {
        if by_hand.stop.is_cancelled() {
            break;
        }
        for (order_id, imported) in import_chunk(by_hand, store, chunk).await? {
            tally.count(order_id, imported);
        }
        left -= chunk.len();
        progress.advance(chunk.len());
    }
    Ok(Report { store: store.clone(), since, orders: listed.len(), tally, left })
}

/// What the warehouse has as the shop lists it is not read again.
async fn import_chunk(
    by_hand: &ByHand,
    store: &StoreId,
    chunk: &[ListedOrder],
) -> anyhow::Result<Vec<(OrderId, Imported)>> {
    let ids: Vec<OrderId> = chunk.iter().map(|order| order.order_id.clone()).collect();
    let known = by_hand.ledger.known(store, &ids).await?;
    let settled = |order: &ListedOrder| {
        let known = known.iter().find(|known| known.order_id == order.order_id)?;
        is_settled(known, order).then_some((order.order_id.clone(), Imported::AlreadyThere(known.state)))
    };
    let mut results: Vec<_> = chunk.iter().filter_map(settled).collect();
    let open: Vec<OrderId> =
        ids.into_iter().filter(|id| results.iter().all(|(settled, _)| settled != id)).collect();
    results.extend(by_hand.take(store, &open, CAUSE).await);
    Ok(results)
}

fn is_settled(known: &KnownOrder, listed: &ListedOrder) -> bool {
    let at_the_warehouse = match known.state {
        OrderState::Released | OrderState::Accepted | OrderState::Rejected | OrderState::Shipped => true,
        OrderState::Filtered | OrderState::Held | OrderState::Cancelled | OrderState::Releasing => false,
    };
    at_the_warehouse && listed.modified_at.is_some_and(|modified_at| modified_at <= known.modified_at)
}

fn tell(report: &Report) {
    say(&format!("{}: {} orders placed since {}", report.store, report.orders, moment(report.since)));
    report.tally.tell();
    if report.left > 0 {
        say(&format!("stopped; {} orders were not looked at: run it again to go on", report.left));
    }
}
