//! What a decision about an order changes, and what is to be done now.

use crossdock_domain::{ReleasedOrder, ShippedLine, Sku};

use super::after_release;
use super::order_lines::promise_new;
use super::order_row::{Standing, Untold, lock};
use super::pushed::free;
use super::storable::storable;
use super::tell::tell;
use super::telling::{abandoned_at, telling_until};
use crate::database::Transaction;
use crate::error::unreadable;
use crate::moment::Moment;
use crate::open_lines::summed;
use crate::{Judged, LedgerError, News, NextStep, OrderRecord, OrderState, Telling, Verdict};

pub(super) async fn judge(tx: &mut Transaction, judged: &Judged) -> Result<NextStep, LedgerError> {
    for notice in &judged.notices {
        tell(tx, &judged.store, &judged.order_id, notice).await?;
    }
    let decided = Decided::from(judged);
    if insert(tx, judged, &decided).await? {
        tell(tx, &judged.store, &judged.order_id, &judged.happening).await?;
        return take_effect(tx, judged, &decided, None).await;
    }
    let Some(stands) = lock(tx, &judged.store, &judged.order_id).await? else {
        require_free_number(tx, judged).await?;
        // Whoever had the number has changed it a moment ago: the next try finds it free.
        return Err(LedgerError::Unavailable(sqlx::Error::RowNotFound));
    };
    if stands.order.released.is_some() {
        after_release::judge(tx, judged, stands).await
    } else {
        judge_anew(tx, judged, &decided, &stands).await
    }
}

/// A decision as the columns keep it.
struct Decided<'v> {
    state: OrderState,
    reason: &'v str,
    held_until: Option<Moment>,
    released: Option<&'v ReleasedOrder>,
    is_test: bool,
}

impl<'v> From<&'v Judged> for Decided<'v> {
    fn from(judged: &'v Judged) -> Self {
        let (state, reason, held_until, released) = match &judged.verdict {
            Verdict::Release(order) => (OrderState::Releasing, "", None, Some(&**order)),
            Verdict::Hold { reason, until } => (OrderState::Held, reason.as_str(), *until, None),
            Verdict::Filter { reason } => (OrderState::Filtered, reason.as_str(), None, None),
            Verdict::Cancel { reason } => (OrderState::Cancelled, reason.as_str(), None, None),
        };
        let holds_test = state == OrderState::Held && judged.shape.as_ref().is_ok_and(|order| order.test);
        let is_test = released.map_or(holds_test, |order| order.test);
        Self { state, reason, held_until: held_until.map(Moment::from), released, is_test }
    }
}

impl Decided<'_> {
    fn released_json(&self) -> Result<Option<String>, LedgerError> {
        self.released.map(serde_json::to_string).transpose().map_err(unreadable("released order"))
    }

    /// What the warehouse has, or will have, to put aside.
    fn promised(&self, judged: &Judged) -> Vec<ShippedLine> {
        match self.released {
            Some(order) => summed(order.lines.iter().map(|line| (&line.sku, line.quantity))),
            None => summed(judged.kept.iter().map(|(sku, units)| (sku, *units))),
        }
    }

    fn round(&self) -> i64 {
        i64::from(self.released.is_some())
    }

    fn untold(&self) -> Option<&'static str> {
        self.released.map(|_| Untold::Release.as_str())
    }

    /// When somebody has to look at it again.
    fn due_at(&self, judged: &Judged) -> Option<Moment> {
        self.held_until.or_else(|| self.released.map(|_| abandoned_at(judged.happening.at).into()))
    }

    fn telling_until(&self, judged: &Judged) -> Option<Moment> {
        self.released.map(|_| telling_until(judged.happening.at).into())
    }
}

/// Returns whether the order is new, and its number free.
async fn insert(tx: &mut Transaction, judged: &Judged, decided: &Decided<'_>) -> Result<bool, LedgerError> {
    let inserted = tx
        .query(
            "INSERT INTO orders (store, order_id, platform, number, state, reason, shop_status, placed_at, modified_at,
                                 released, test, releasing_until, due_at, round, untold, read_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
             ON CONFLICT DO NOTHING",
        )
        .bind(judged.store.as_str())
        .bind(judged.order_id.as_str())
        .bind(judged.platform.as_str())
        .bind(judged.number.as_str())
        .bind(decided.state.as_str())
        .bind(storable(decided.reason).as_ref())
        .bind(storable(&judged.shop_status).as_ref())
        .bind(Moment::from(judged.placed_at))
        .bind(Moment::from(judged.modified_at))
        .bind(decided.released_json()?)
        .bind(decided.is_test)
        .bind(decided.telling_until(judged))
        .bind(decided.due_at(judged))
        .bind(decided.round())
        .bind(decided.untold())
        .bind(Moment::from(judged.read_at))
        .execute()
        .await?;
    Ok(inserted > 0)
}

/// An order that the warehouse does not have: the newer truth counts, and is told if it changes anything.
async fn judge_anew(
    tx: &mut Transaction,
    judged: &Judged,
    decided: &Decided<'_>,
    standing: &Standing,
) -> Result<NextStep, LedgerError> {
    if standing.is_newer_than(judged.modified_at, judged.read_at, judged.happening.at) {
        return Ok(NextStep::Nothing);
    }
    let stands = &standing.order;
    require_free_number(tx, judged).await?;
    tx.query(
        "UPDATE orders SET platform = $3, number = $4, state = $5, reason = $6, shop_status = $7, placed_at = $8,
                           modified_at = $9, released = $10, test = $11, releasing_until = $12, due_at = $13,
                           round = $14, untold = $15, read_at = $16
         WHERE store = $1 AND order_id = $2",
    )
    .bind(judged.store.as_str())
    .bind(judged.order_id.as_str())
    .bind(judged.platform.as_str())
    .bind(judged.number.as_str())
    .bind(decided.state.as_str())
    .bind(storable(decided.reason).as_ref())
    .bind(storable(&judged.shop_status).as_ref())
    .bind(Moment::from(judged.placed_at))
    .bind(Moment::from(judged.modified_at))
    .bind(decided.released_json()?)
    .bind(decided.is_test)
    .bind(decided.telling_until(judged))
    .bind(decided.due_at(judged))
    .bind(decided.round())
    .bind(decided.untold())
    .bind(Moment::from(judged.read_at))
    .execute()
    .await?;
    if decided.state != stands.state || decided.reason != stands.reason {
        tell(tx, &judged.store, &judged.order_id, &judged.happening).await?;
    }
    take_effect(tx, judged, decided, Some(stands)).await
}

/// What is released, or kept for the order, is promised from now on.
async fn take_effect(
    tx: &mut Transaction,
    judged: &Judged,
    decided: &Decided<'_>,
    stood: Option<&OrderRecord>,
) -> Result<NextStep, LedgerError> {
    let (store, order_id) = (&judged.store, &judged.order_id);
    let freed = promise_new(tx, store, order_id, &decided.promised(judged)).await?;
    free(tx, store, judged.stock_push, freed.skus()).await?;
    let mut skus = freed.into_changed();
    skus.extend(give_back(tx, judged, stood).await?);
    skus.sort();
    skus.dedup();
    let Some(order) = decided.released else { return Ok(NextStep::promised(skus)) };
    skus.retain(|sku| order.lines.iter().all(|line| line.sku != *sku));
    let news = News::Released(Box::new(order.clone()));
    let number = judged.number.clone();
    Ok(NextStep::Tell(Telling { number, round: 1, again: false, news, freed: skus }))
}

/// What the shop was told of the SKUs that it may have given back counts no more. Returns them: none as long as the shop has not changed
/// the order.
pub(super) async fn give_back(
    tx: &mut Transaction,
    judged: &Judged,
    stood: Option<&OrderRecord>,
) -> Result<Vec<Sku>, LedgerError> {
    let as_before = |order: &OrderRecord| {
        order.shop_status == judged.shop_status && order.modified_at == judged.modified_at
    };
    if stood.is_some_and(as_before) {
        return Ok(Vec::new());
    }
    free(tx, &judged.store, judged.stock_push, &judged.given_back).await?;
    Ok(judged.given_back.clone())
}

/// Fails if another order has the number.
async fn require_free_number(tx: &mut Transaction, judged: &Judged) -> Result<(), LedgerError> {
    let owner = tx
        .query("SELECT store, order_id FROM orders WHERE number = $1 AND NOT (store = $2 AND order_id = $3)")
        .bind(judged.number.as_str())
        .bind(judged.store.as_str())
        .bind(judged.order_id.as_str())
        .optional::<(String, String)>()
        .await?;
    match owner {
        None => Ok(()),
        Some((store, order_id)) => {
            Err(LedgerError::NumberTaken { number: judged.number.clone(), store, order_id })
        }
    }
}
