//! What a change at the shop means for an order that the warehouse has, or may have.

use crossdock_domain::{OrderId, ReleasedOrder, StockPush, StoreId, Unfit};
use jiff::Timestamp;

use super::completion::none_completes_what_is_open;
use super::judge::give_back;
use super::order_lines::{promise, promise_new};
use super::order_row::{Standing, Untold, lock};
use super::pushed::free;
use super::shipments::{released_lines, ship_if_all_is_done};
use super::storable::storable;
use super::tell::tell;
use super::telling::{begin, is_busy, repeat};
use super::unknown_skus;
use crate::database::Transaction;
use crate::moment::Moment;
use crate::{Happening, Judged, LedgerError, NextStep, OrderRecord, OrderState, Telling, Verdict};

/// Judges an order that was released.
pub(super) async fn judge(
    tx: &mut Transaction,
    judged: &Judged,
    stands: Standing,
) -> Result<NextStep, LedgerError> {
    if is_busy(&stands, judged.happening.at) {
        return Ok(NextStep::Wait);
    }
    if stands.is_newer_than(judged.modified_at, judged.read_at, judged.happening.at) {
        if judged.again && stands.order.state == OrderState::Rejected {
            want_again(tx, &stands.order, true).await?;
        }
        return repeat(tx, stands, judged.happening.at).await;
    }
    refresh(tx, judged, stands.order.state).await?;
    let given_back = give_back(tx, judged, Some(&stands.order)).await?;
    Ok(match judge_refreshed(tx, judged, stands).await? {
        NextStep::Nothing => NextStep::promised(given_back),
        NextStep::Tell(telling) => NextStep::Tell(Telling { freed: given_back, ..telling }),
        step => step,
    })
}

async fn judge_refreshed(
    tx: &mut Transaction,
    judged: &Judged,
    stands: Standing,
) -> Result<NextStep, LedgerError> {
    if let Verdict::Cancel { reason } = &judged.verdict {
        return cancel(tx, stands, reason, judged.stock_push, &judged.happening).await;
    }
    if judged.shape == Err(Unfit::NothingToPack) {
        let reason = "nothing of it is to be packed any more";
        return cancel(tx, stands, reason, judged.stock_push, &judged.happening).await;
    }
    match stands.order.state {
        OrderState::Cancelled => {
            if matches!(judged.verdict, Verdict::Release(_)) {
                note_reopened(tx, &stands.order, &judged.happening).await?;
            }
            repeat(tx, stands, judged.happening.at).await
        }
        // A release in doubt is made sure of first, with the shape that it was begun with: see `Telling::again`.
        OrderState::Releasing | OrderState::Shipped => repeat(tx, stands, judged.happening.at).await,
        state => {
            let shape = match &judged.shape {
                Ok(shape) => shape,
                Err(unfit) => {
                    if judged.again && state == OrderState::Rejected {
                        want_again(tx, &stands.order, true).await?;
                    }
                    tell_unfit(tx, judged, unfit).await?;
                    return repeat(tx, stands, judged.happening.at).await;
                }
            };
            if state == OrderState::Rejected {
                reconsider(tx, judged, stands, shape).await
            } else {
                compare(tx, judged, stands, shape, None).await
            }
        }
    }
}

/// What the warehouse refused, it does not have: it goes there again only as long as an order would that never went. Else one that
/// somebody has shipped without the warehouse meanwhile, or keeps back, would be packed once more. Whoever wants it to go while it waits
/// has said so once and for all: it goes as soon as it may, unless it is done otherwise before.
async fn reconsider(
    tx: &mut Transaction,
    judged: &Judged,
    stands: Standing,
    shape: &ReleasedOrder,
) -> Result<NextStep, LedgerError> {
    let (store, order_id) = (&stands.order.store, &stands.order.order_id);
    let is_wanted = judged.again || is_wanted_again(tx, store, order_id).await?;
    // What left through the warehouse is why the rules would keep it out.
    if !matches!(judged.verdict, Verdict::Release(_)) && !has_left(tx, store, order_id).await? {
        let goes_later = is_wanted && waits(judged);
        want_again(tx, &stands.order, goes_later).await?;
        tell_kept_out(tx, judged, goes_later).await?;
        return repeat(tx, stands, judged.happening.at).await;
    }
    let again = if unknown_skus::is_outdated(tx, store, order_id).await? {
        Some("to be released again: the warehouse knows its SKUs now")
    } else {
        is_wanted.then_some("to be released again")
    };
    compare(tx, judged, stands, shape, again).await
}

/// Whether what keeps it out is that it waits: for its hour, its payment, a person.
fn waits(judged: &Judged) -> bool {
    matches!(judged.verdict, Verdict::Hold { .. }) || !judged.kept.is_empty()
}

async fn want_again(tx: &mut Transaction, order: &OrderRecord, wanted: bool) -> Result<(), LedgerError> {
    tx.query("UPDATE orders SET wanted_again = $3 WHERE store = $1 AND order_id = $2")
        .bind(order.store.as_str())
        .bind(order.order_id.as_str())
        .bind(wanted)
        .execute()
        .await?;
    Ok(())
}

async fn is_wanted_again(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
) -> Result<bool, LedgerError> {
    let wanted = tx
        .query("SELECT order_id FROM orders WHERE store = $1 AND order_id = $2 AND wanted_again")
        .bind(store.as_str())
        .bind(order_id.as_str())
        .optional::<(String,)>()
        .await?;
    Ok(wanted.is_some())
}

/// Whether a consignment of the order stands that the warehouse has told of.
async fn has_left(tx: &mut Transaction, store: &StoreId, order_id: &OrderId) -> Result<bool, LedgerError> {
    let left = tx
        .query(
            "SELECT shipment_id FROM shipments
             WHERE store = $1 AND order_id = $2 AND state IN ('intended', 'done') LIMIT 1",
        )
        .bind(store.as_str())
        .bind(order_id.as_str())
        .optional::<(String,)>()
        .await?;
    Ok(left.is_some())
}

/// Tells the warehouse what changed; releases anew what it had refused: if that has changed, or is to go again for this reason.
async fn compare(
    tx: &mut Transaction,
    judged: &Judged,
    stands: Standing,
    shape: &ReleasedOrder,
    again: Option<&str>,
) -> Result<NextStep, LedgerError> {
    let now = judged.happening.at;
    let Some(former) = &stands.order.released else { return repeat(tx, stands, now).await };
    // The warehouse knows the order by the number that it was released under, whatever the prefix is by now.
    let shape = ReleasedOrder { number: stands.order.number.clone(), ..shape.clone() };
    let mut changed: Vec<String> = shape.changes_since(former).into_iter().map(str::to_owned).collect();
    let what = match again {
        _ if !changed.is_empty() => format!("changed at the shop: {}", changed.join(", ")),
        Some(again) => again.to_owned(),
        None => return repeat(tx, stands, now).await,
    };
    let happening = Happening { what, ..judged.happening.clone() };
    let order = OrderRecord { released: Some(shape.clone()), ..stands.order.clone() };
    promise_amended(tx, &order, judged.stock_push, &happening).await?;
    if let Some(Untold::Amend { changed: before }) = &stands.untold {
        changed.extend(before.iter().filter(|field| !changed.contains(field)).cloned().collect::<Vec<_>>());
    }
    let (untold, state) = if order.state == OrderState::Rejected {
        (Untold::Release, (OrderState::Releasing, ""))
    } else {
        (Untold::Amend { changed }, (order.state, order.reason.as_str()))
    };
    let step = begin(tx, stands, untold, state, shape, &happening).await?;
    // What has left may be all that is wanted by now, or no more all.
    none_completes_what_is_open(tx, &order).await?;
    ship_if_all_is_done(tx, &order).await?;
    Ok(step)
}

/// An order that the shop does not have any more.
pub(super) struct Gone<'r> {
    /// Why it is cancelled.
    pub(super) reason: &'r str,
    /// When the shop was asked.
    pub(super) read_at: Timestamp,
    /// What the shop is told of its stock.
    pub(super) stock_push: StockPush,
}

pub(super) async fn gone(
    tx: &mut Transaction,
    (store, order_id): (&StoreId, &OrderId),
    Gone { reason, read_at, stock_push }: Gone<'_>,
    happening: &Happening,
) -> Result<NextStep, LedgerError> {
    let Some(stands) = lock(tx, store, order_id).await? else { return Ok(NextStep::Nothing) };
    if is_busy(&stands, happening.at) {
        return Ok(NextStep::Wait);
    }
    if stands.is_newer_than(stands.order.modified_at, read_at, happening.at) {
        return repeat(tx, stands, happening.at).await;
    }
    tx.query("UPDATE orders SET read_at = $3 WHERE store = $1 AND order_id = $2")
        .bind(store.as_str())
        .bind(order_id.as_str())
        .bind(Moment::from(read_at))
        .execute()
        .await?;
    if stands.order.released.is_some() {
        return cancel(tx, stands, reason, stock_push, happening).await;
    }
    if stands.order.state != OrderState::Cancelled {
        tx.query("UPDATE orders SET state = 'cancelled', reason = $3, due_at = NULL WHERE store = $1 AND order_id = $2")
            .bind(store.as_str())
            .bind(order_id.as_str())
            .bind(reason)
            .execute()
            .await?;
        let freed = promise_new(tx, store, order_id, &[]).await?;
        free(tx, store, stock_push, freed.skus()).await?;
        tell(tx, store, order_id, happening).await?;
        return Ok(NextStep::promised(freed.into_changed()));
    }
    Ok(NextStep::Nothing)
}

/// A person wants a refused order released again.
pub(super) async fn retry(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
    happening: &Happening,
) -> Result<NextStep, LedgerError> {
    let Some(stands) = lock(tx, store, order_id).await? else { return Ok(NextStep::Nothing) };
    if is_busy(&stands, happening.at) {
        return Ok(NextStep::Wait);
    }
    release_again(tx, stands, happening).await
}

/// Another round for an order that was refused.
pub(super) async fn release_again(
    tx: &mut Transaction,
    stands: Standing,
    happening: &Happening,
) -> Result<NextStep, LedgerError> {
    match (stands.order.state, stands.order.released.clone()) {
        (OrderState::Rejected, Some(shape)) => {
            begin(tx, stands, Untold::Release, (OrderState::Releasing, ""), shape, happening).await
        }
        _ => repeat(tx, stands, happening.at).await,
    }
}

/// A release that is in doubt is not made sure of any more: the cancellation comes in its place.
async fn cancel(
    tx: &mut Transaction,
    stands: Standing,
    reason: &str,
    stock_push: StockPush,
    happening: &Happening,
) -> Result<NextStep, LedgerError> {
    match (stands.order.state, stands.order.released.clone()) {
        (OrderState::Cancelled | OrderState::Shipped, _) | (_, None) => {
            repeat(tx, stands, happening.at).await
        }
        (_, Some(shape)) => {
            let happening = Happening { what: format!("cancelled: {reason}"), ..happening.clone() };
            let freed = promise(tx, &stands.order, &[]).await?;
            free(tx, &stands.order.store, stock_push, freed.skus()).await?;
            begin(tx, stands, Untold::Cancel, (OrderState::Cancelled, reason), shape, &happening).await
        }
    }
}

/// What the shop says of the order is kept up to date. If it was due to be looked at, it is no more; only one that was refused may have to
/// wait for its hour once more.
async fn refresh(tx: &mut Transaction, judged: &Judged, state: OrderState) -> Result<(), LedgerError> {
    let due_at = match &judged.verdict {
        Verdict::Hold { until, .. } if state == OrderState::Rejected => *until,
        _ => None,
    };
    tx.query(
        "UPDATE orders SET shop_status = $3, modified_at = $4, read_at = $5,
                           due_at = CASE WHEN untold IS NULL THEN $6 ELSE due_at END
         WHERE store = $1 AND order_id = $2",
    )
    .bind(judged.store.as_str())
    .bind(judged.order_id.as_str())
    .bind(storable(&judged.shop_status).as_ref())
    .bind(Moment::from(judged.modified_at))
    .bind(Moment::from(judged.read_at))
    .bind(due_at.map(Moment::from))
    .execute()
    .await?;
    Ok(())
}

/// Other lines are promised from now on. The warehouse has set the former ones aside: a count before now knows nothing of these.
async fn promise_amended(
    tx: &mut Transaction,
    order: &OrderRecord,
    stock_push: StockPush,
    happening: &Happening,
) -> Result<(), LedgerError> {
    let freed = promise(tx, order, &released_lines(order)).await?;
    free(tx, &order.store, stock_push, freed.skus()).await?;
    tx.query(
        "UPDATE orders SET accepted_at = $3 WHERE store = $1 AND order_id = $2 AND accepted_at IS NOT NULL",
    )
    .bind(order.store.as_str())
    .bind(order.order_id.as_str())
    .bind(Moment::from(happening.at))
    .execute()
    .await?;
    Ok(())
}

/// The warehouse has been told to cancel it, and may have put its goods back: only a person can tell.
async fn note_reopened(
    tx: &mut Transaction,
    order: &OrderRecord,
    happening: &Happening,
) -> Result<(), LedgerError> {
    const REOPENED: &str =
        "open again at the shop after the warehouse was told to cancel it; place it there as a new order";
    if order.reason == REOPENED {
        return Ok(());
    }
    tx.query("UPDATE orders SET reason = $3 WHERE store = $1 AND order_id = $2 AND untold IS NULL")
        .bind(order.store.as_str())
        .bind(order.order_id.as_str())
        .bind(REOPENED)
        .execute()
        .await?;
    let happening = Happening { what: REOPENED.to_owned(), ..happening.clone() };
    tell(tx, &order.store, &order.order_id, &happening).await.map(drop)
}

/// A change that makes the order impossible to pack is told to people, once; the warehouse keeps what it has.
async fn tell_unfit(tx: &mut Transaction, judged: &Judged, unfit: &Unfit) -> Result<(), LedgerError> {
    let what = format!("changed at the shop, and not told to the warehouse: {unfit}");
    let happening = Happening { key: what.clone(), what, ..judged.happening.clone() };
    tell(tx, &judged.store, &judged.order_id, &happening).await.map(drop)
}

/// Why a refused order does not go again, or not yet, once for each reason.
async fn tell_kept_out(tx: &mut Transaction, judged: &Judged, goes_later: bool) -> Result<(), LedgerError> {
    let why = &judged.happening.what;
    let what = if goes_later {
        format!("to be released again once its rules let it in: {why}")
    } else {
        format!("not to be released again: {why}")
    };
    let happening = Happening { key: what.clone(), what, ..judged.happening.clone() };
    tell(tx, &judged.store, &judged.order_id, &happening).await.map(drop)
}
