//! `crossdock orders proof`: every order of a day accounted for, or named and imported.

use std::path::Path;

use crossdock_domain::{OrderId, StoreId};
use crossdock_reconciler::{Account, Proof, prove};
use crossdock_settings::StoreSettings;
use crossdock_storefront::{ListedOrder, Shop};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;

use super::by_hand::{ByHand, CHUNK_ORDERS_MAX};
use super::fate::Fate;
use crate::command_line::OrdersProof;
use crate::configuration;
use crate::exit::Exit;
use crate::listing::{print, print_json, say, table};

/// How the timeline names the occasion.
const CAUSE: &str = "proof";

/// What was found of one shop's day.
#[derive(Debug, Serialize)]
struct ProvedDay {
    store: StoreId,
    day: Date,
    /// Where its orders are; none if that could not be found out.
    #[serde(flatten)]
    counts: Option<Counts>,
    missing: Vec<Missing>,
    /// Why nothing could be found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

#[derive(Debug, Serialize)]
struct Counts {
    /// How many the shop has: the sum of the others and of the missing ones.
    orders: usize,
    released: usize,
    held: usize,
    filtered: usize,
    cancelled: usize,
}

/// An order that the ledger did not know.
#[derive(Debug, Serialize)]
struct Missing {
    order_id: OrderId,
    placed_at: Option<Timestamp>,
    /// What became of it now, or would.
    then: Fate,
}

/// `crossdock orders proof`
pub(crate) async fn proof(config: &Path, wanted: &OrdersProof) -> anyhow::Result<Exit> {
    let settings = configuration::load(config)?;
    if let Some(store) = &wanted.store {
        configuration::store(&settings, store)?;
    }
    let by_hand = ByHand::begin(&settings, wanted.dry_run).await?;
    let mut proved = Vec::new();
    for store in settings.stores.iter().filter(|it| wanted.store.as_ref().is_none_or(|id| *id == it.id)) {
        let shop = by_hand.shops.get(&store.id)?;
        for day in days(wanted, store) {
            if !by_hand.stop.is_cancelled() {
                proved.push(prove_day(&by_hand, &shop, day).await);
            }
        }
    }
    let stopped = by_hand.stop.is_cancelled();
    by_hand.end().await;
    if wanted.json {
        print_json(&proved)?;
    } else {
        tell(&proved, wanted.dry_run);
    }
    let clean = proved.iter().all(|day| day.missing.is_empty() && day.failed.is_none());
    Ok(if clean && !stopped { Exit::Done } else { Exit::Failed })
}

/// The days asked for, in the shop's time zone.
fn days(wanted: &OrdersProof, store: &StoreSettings) -> Vec<Date> {
    if let Some(day) = wanted.day {
        return vec![day];
    }
    let today = Timestamp::now().to_zoned(store.time_zone.clone()).date();
    let first = today.saturating_sub(i64::from(wanted.days).days());
    first.series(1.day()).take(wanted.days.into()).collect()
}

/// One shop's trouble is told, and does not keep the others from being looked at.
async fn prove_day(by_hand: &ByHand, shop: &Shop, day: Date) -> ProvedDay {
    let store = shop.settings.id.clone();
    let mut proved = ProvedDay { store, day, counts: None, missing: Vec::new(), failed: None };
    match by_hand.stop.run_until_cancelled(prove(&*by_hand.ledger, shop, day)).await {
        Some(Ok(proof)) => {
            proved.counts = Some(Counts::of(&proof));
            proved.missing = import(by_hand, &proof).await;
        }
        Some(Err(failure)) => proved.failed = Some(failure.chain),
        None => proved.failed = Some("stopped".to_owned()),
    }
    proved
}

impl Counts {
    fn of(proof: &Proof) -> Self {
        Self {
            orders: proof.orders(),
            released: proof.count(Account::Released),
            held: proof.count(Account::Held),
            filtered: proof.count(Account::Filtered),
            cancelled: proof.count(Account::Cancelled),
        }
    }
}

async fn import(by_hand: &ByHand, proof: &Proof) -> Vec<Missing> {
    let mut missing = Vec::new();
    for chunk in proof.missing.chunks(CHUNK_ORDERS_MAX) {
        if by_hand.stop.is_cancelled() {
            let left = |order: &ListedOrder| Missing {
                order_id: order.order_id.clone(),
                placed_at: order.placed_at,
                then: Fate::left(),
            };
            missing.extend(chunk.iter().map(left));
            continue;
        }
        let ids: Vec<OrderId> = chunk.iter().map(|order| order.order_id.clone()).collect();
        for (order_id, imported) in by_hand.take(&proof.store, &ids, CAUSE).await {
            let placed_at = chunk.iter().find(|it| it.order_id == order_id).and_then(|it| it.placed_at);
            missing.push(Missing { order_id, placed_at, then: imported.into() });
        }
    }
    missing
}

fn tell(proved: &[ProvedDay], dry_run: bool) {
    let columns = ["STORE", "DAY", "ORDERS", "RELEASED", "HELD", "FILTERED", "CANCELLED", "MISSING"];
    let mut rows = table(&columns);
    for ProvedDay { store, day, counts, missing, .. } in proved {
        if let Some(Counts { orders, released, held, filtered, cancelled }) = counts {
            let counts = [*orders, *released, *held, *filtered, *cancelled, missing.len()];
            rows.add_row(
                [store.to_string(), day.to_string()].into_iter().chain(counts.map(|it| it.to_string())),
            );
        }
    }
    print(&rows);
    let would_be = if dry_run { "would be" } else { "now" };
    for ProvedDay { store, day, missing, failed, .. } in proved {
        for Missing { order_id, then, .. } in missing {
            say(&format!("missing: {order_id} of {store}, {would_be} {then}"));
        }
        if let Some(failed) = failed {
            say(&format!("not proved: {store}, {day}: {failed}"));
        }
    }
}
