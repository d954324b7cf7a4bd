//! What a decision about an order changes, and what is to be done now.

use crossdock_domain::ReleasedOrder;
use jiff::{SignedDuration, Timestamp};
use sqlx::AssertSqlSafe;

use super::order_row::OrderRow;
use super::tell::tell;
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::error::unreadable;
use crate::moment::Moment;
use crate::open_lines::summed;
use crate::{Judged, LedgerError, NextStep, OrderRecord, OrderState, RELEASE_SECS_MAX, Verdict};

pub(super) async fn judge(tx: &mut Transaction, judged: &Judged) -> Result<NextStep, LedgerError> {
    let decided = Decided::from(judged);
    if insert(tx, judged, &decided).await? {
        tell(tx, &judged.store, &judged.order_id, &judged.happening).await?;
        return take_effect(tx, judged, &decided).await;
    }
    let Some(stands) = lock(tx, judged).await? else {
        require_free_number(tx, judged).await?;
        // Whoever had the number has changed it a moment ago: the next try finds it free.
        return Err(LedgerError::Unavailable(sqlx::Error::RowNotFound));
    };
    match stands.state {
        OrderState::Filtered | OrderState::Held => judge_anew(tx, judged, &decided, &stands).await,
        OrderState::Releasing
        | OrderState::Released
        | OrderState::Accepted
        | OrderState::Rejected
        | OrderState::Shipped => {
            refresh(tx, judged).await?;
            next_of_decided(tx, judged, stands).await
        }
    }
}

/// A decision as the columns keep it.
struct Decided<'v> {
    state: OrderState,
    reason: &'v str,
    released: Option<&'v ReleasedOrder>,
    releasing_until: Option<Moment>,
}

impl<'v> From<&'v Judged> for Decided<'v> {
    fn from(judged: &'v Judged) -> Self {
        let (state, reason, released) = match &judged.verdict {
            Verdict::Release(order) => (OrderState::Releasing, "", Some(&**order)),
            Verdict::Hold { reason } => (OrderState::Held, reason.as_str(), None),
            Verdict::Filter { reason } => (OrderState::Filtered, reason.as_str(), None),
        };
        Self { state, reason, released, releasing_until: released.map(|_| releasing_until(judged).into()) }
    }
}

impl Decided<'_> {
    fn released_json(&self) -> Result<Option<String>, LedgerError> {
        self.released.map(serde_json::to_string).transpose().map_err(unreadable("released order"))
    }

    fn is_test(&self) -> bool {
        self.released.is_some_and(|order| order.test)
    }
}

/// Returns whether the order is new, and its number free.
async fn insert(tx: &mut Transaction, judged: &Judged, decided: &Decided<'_>) -> Result<bool, LedgerError> {
    let inserted = tx
        .query(
            "INSERT INTO orders (store, order_id, platform, number, state, reason, shop_status, placed_at, modified_at,
                                 released, test, releasing_until)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT DO NOTHING",
        )
        .bind(judged.store.as_str())
        .bind(judged.order_id.as_str())
        .bind(judged.platform.as_str())
        .bind(judged.number.as_str())
        .bind(decided.state.as_str())
        .bind(decided.reason)
        .bind(judged.shop_status.as_str())
        .bind(Moment::from(judged.placed_at))
        .bind(Moment::from(judged.modified_at))
        .bind(decided.released_json()?)
        .bind(decided.is_test()).bind(decided.releasing_until)
        .execute()
        .await?;
    Ok(inserted > 0)
}

async fn lock(tx: &mut Transaction, judged: &Judged) -> Result<Option<OrderRecord>, LedgerError> {
    let row = OrderRow::select_and_lock(tx, "WHERE store = $1 AND order_id = $2")
        .bind(judged.store.as_str())
        .bind(judged.order_id.as_str())
        .optional::<OrderRow>()
        .await?;
    row.map(OrderRow::into_record).transpose()
}

/// A filtered or held order: the newer truth counts, and is told if it changes anything.
async fn judge_anew(
    tx: &mut Transaction,
    judged: &Judged,
    decided: &Decided<'_>,
    stands: &OrderRecord,
) -> Result<NextStep, LedgerError> {
    if judged.modified_at < stands.modified_at {
        return Ok(NextStep::Nothing);
    }
    require_free_number(tx, judged).await?;
    tx.query(
        "UPDATE orders SET platform = $3, number = $4, state = $5, reason = $6, shop_status = $7, placed_at = $8,
                           modified_at = $9, released = $10, test = $11, releasing_until = $12
         WHERE store = $1 AND order_id = $2",
    )
    .bind(judged.store.as_str())
    .bind(judged.order_id.as_str())
    .bind(judged.platform.as_str())
    .bind(judged.number.as_str())
    .bind(decided.state.as_str())
    .bind(decided.reason)
    .bind(judged.shop_status.as_str())
    .bind(Moment::from(judged.placed_at))
    .bind(Moment::from(judged.modified_at))
    .bind(decided.released_json()?)
    .bind(decided.is_test()).bind(decided.releasing_until)
    .execute()
    .await?;
    if decided.state != stands.state || decided.reason != stands.reason {
        tell(tx, &judged.store, &judged.order_id, &judged.happening).await?;
    }
    take_effect(tx, judged, decided).await
}

/// An order that is being released, or is further, is not judged again; only what the shop says of it is kept up to date.
async fn refresh(tx: &mut Transaction, judged: &Judged) -> Result<(), LedgerError> {
    tx.query(
        "UPDATE orders SET shop_status = $3, modified_at = $4
         WHERE store = $1 AND order_id = $2 AND (modified_at < $4 OR modified_at = $4 AND shop_status <> $3)",
    )
    .bind(judged.store.as_str())
    .bind(judged.order_id.as_str())
    .bind(judged.shop_status.as_str())
    .bind(Moment::from(judged.modified_at))
    .execute()
    .await?;
    Ok(())
}

/// A release that was not confirmed is repeated, with the order as it was first decided: by one process at a time.
async fn next_of_decided(
    tx: &mut Transaction,
    judged: &Judged,
    stands: OrderRecord,
) -> Result<NextStep, LedgerError> {
    let (OrderState::Releasing, Some(order)) = (stands.state, stands.released) else {
        return Ok(NextStep::Nothing);
    };
    let until = tx
        .query("SELECT releasing_until FROM orders WHERE store = $1 AND order_id = $2")
        .bind(judged.store.as_str())
        .bind(judged.order_id.as_str())
        .optional::<(Option<Moment>,)>()
        .await?;
    let until = until.and_then(|(until,)| until).map(Timestamp::try_from).transpose()?;
    if let Some(until) = until.filter(|until| judged.happening.at < *until) {
        return Ok(NextStep::Wait { until });
    }
    tx.query("UPDATE orders SET releasing_until = $3 WHERE store = $1 AND order_id = $2")
        .bind(judged.store.as_str())
        .bind(judged.order_id.as_str())
        .bind(Moment::from(releasing_until(judged)))
        .execute()
        .await?;
    Ok(NextStep::Release(Box::new(order)))
}

/// Until when the release is this caller's.
fn releasing_until(judged: &Judged) -> Timestamp {
    let longest = SignedDuration::from_secs(RELEASE_SECS_MAX);
    judged.happening.at.checked_add(longest).unwrap_or(Timestamp::MAX)
}

/// What is released is promised from now on.
async fn take_effect(
    tx: &mut Transaction,
    judged: &Judged,
    decided: &Decided<'_>,
) -> Result<NextStep, LedgerError> {
    let Some(order) = decided.released else { return Ok(NextStep::Nothing) };
    let lines = summed(order.lines.iter().map(|line| (&line.sku, line.quantity)));
    for lines in lines.chunks(STATEMENT_ROWS_MAX) {
        let rows = value_rows(1, lines.len(), 4);
        let sql = format!("INSERT INTO order_lines (store, order_id, sku, quantity) VALUES {rows}");
        let mut insert = tx.query(AssertSqlSafe(sql));
        for line in lines {
            insert = insert
                .bind(judged.store.as_str())
                .bind(judged.order_id.as_str())
                .bind(line.sku.as_str())
                .bind(i64::from(line.quantity));
        }
        insert.execute().await?;
    }
    Ok(NextStep::Release(Box::new(order.clone())))
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
