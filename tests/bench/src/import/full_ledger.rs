//! What is asked of a ledger with the orders of many shops, beside one with those of a single shop.

use std::time::{Duration, Instant};

use crossdock_domain::OrderId;
use crossdock_ledger::{Ledger, OrdersWanted, Swept, Verdict};
use crossdock_tests::database::Engine;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};

use super::report::{Report, Target};
use super::samples::{judged, number, store};
use crate::figures::percentile;

/// Orders of each shop.
const ORDERS_EACH: u32 = 1_000;

/// Of these, so many are kept out; the others are released.
const KEPT_OUT_EACH: u32 = 300;

/// Orders that are put down at once.
const AT_ONCE: usize = 16;

/// Orders on a page of a shop's list.
const PAGE: u32 = 250;

/// Orders that `orders list` shows.
const LISTED: u32 = 50;

/// How often each question is asked; what counts is the median.
const ASKED: usize = 40;

/// The full ledger, of the other one.
const FULL_OF_SMALL_MAX: f64 = 2.0;

/// What is asked.
#[derive(Debug, Clone, Copy)]
enum Question {
    /// All that a sweep asks of the ledger when its shop has changed nothing since, but for a page of orders.
    QuietSweep,
    ListAll,
    ListShop,
    Show,
}

impl Question {
    const ALL: [(Self, &str); 4] = [
        (Self::QuietSweep, "a sweep of a quiet shop"),
        (Self::ListAll, "orders list"),
        (Self::ListShop, "orders list --store"),
        (Self::Show, "orders show"),
    ];

    async fn ask(self, ledger: &dyn Ledger) -> anyhow::Result<()> {
        match self {
            Self::QuietSweep => sweep(ledger).await,
            Self::ListAll => {
                let wanted = OrdersWanted { limit: LISTED, ..OrdersWanted::default() };
                anyhow::ensure!(ledger.orders(&wanted).await?.len() == LISTED as usize);
                Ok(())
            }
            Self::ListShop => {
                let wanted = OrdersWanted { store: Some(store(1)), state: None, limit: LISTED };
                anyhow::ensure!(ledger.orders(&wanted).await?.len() == LISTED as usize);
                Ok(())
            }
            Self::Show => show(ledger).await,
        }
    }
}

/// Fills two ledgers, one with the first shop alone, and asks each of them in turn.
pub(super) async fn measure(engine: Engine, shops: u32, report: &mut Report) -> anyhow::Result<()> {
    eprintln!("ledger: {engine:?}, filling it");
    let folders = [tempfile::tempdir()?, tempfile::tempdir()?];
    let small = crossdock_ledger::open(&engine.create(folders[0].path()).await.into()).await?;
    let full = crossdock_ledger::open(&engine.create(folders[1].path()).await.into()).await?;
    fill(&*small, 1).await?;
    fill(&*full, shops).await?;
    for (question, name) in Question::ALL {
        let (mut of_small, mut of_full) = (Vec::new(), Vec::new());
        for _ in 0..ASKED {
            of_small.push(timed(question, &*small).await?);
            of_full.push(timed(question, &*full).await?);
        }
        of_small.sort_unstable();
        of_full.sort_unstable();
        let name = format!("{name}, {engine:?}, 1,000 orders each of {shops} shops, of one shop");
        let medians = (percentile(&of_full, 50), percentile(&of_small, 50));
        report.add(name, medians, "ms", Some(Target::AtMost(FULL_OF_SMALL_MAX)));
    }
    Ok(())
}

async fn timed(question: Question, ledger: &dyn Ledger) -> anyhow::Result<Duration> {
    let began = Instant::now();
    question.ask(ledger).await?;
    Ok(began.elapsed())
}

async fn fill(ledger: &dyn Ledger, shops: u32) -> anyhow::Result<()> {
    let orders = (1..=shops).flat_map(|shop| (1..=ORDERS_EACH).map(move |order| (shop, order)));
    let each = stream::iter(orders).map(|(shop, order)| async move {
        let mut judged = judged(shop, order, ORDERS_EACH - order);
        let kept_out = order <= KEPT_OUT_EACH;
        if kept_out {
            judged.verdict = Verdict::Filter { reason: "country: US".to_owned() };
        }
        ledger.judge(&judged).await?;
        if !kept_out {
            ledger.told(&judged.store, &judged.order_id, 1, Timestamp::now()).await?;
        }
        anyhow::Ok(())
    });
    each.buffer_unordered(AT_ONCE).try_collect::<()>().await
}

/// In the order of the reconciler's sweep.
async fn sweep(ledger: &dyn Ledger) -> anyhow::Result<()> {
    let (store, now) = (store(1), Timestamp::now());
    let lease = ledger.lease("sweep/shop-1", now, now + SignedDuration::from_secs(30)).await?.taken()?;
    ledger.swept(&store).await?;
    let ids: Vec<OrderId> = (1..=PAGE).map(|order| OrderId::new(order.to_string())).collect();
    anyhow::ensure!(ledger.known(&store, &ids).await?.len() == PAGE as usize);
    ledger.keep_swept(&store, Swept { from: Some(now), to: now }).await?;
    ledger.end_lease(&lease).await?;
    anyhow::ensure!(ledger.due(now, 1).await?.is_empty());
    Ok(())
}

/// As the command does, for the warehouse's number of an order.
async fn show(ledger: &dyn Ledger) -> anyhow::Result<()> {
    let number = number(1, ORDERS_EACH);
    let orders = ledger.orders_named(number.as_str()).await?;
    anyhow::ensure!(orders.len() == 1, "{number} is one order");
    anyhow::ensure!(!ledger.timeline(&orders[0].store, &orders[0].order_id).await?.is_empty());
    anyhow::ensure!(ledger.unrecorded_named(number.as_str()).await?.is_empty());
    Ok(())
}
