//! How far each shop is reconciled, and which of its orders are to be judged again.

use crossdock_domain::{OrderId, StoreId};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::telling::abandoned_at;
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::due::{DUE_AGAIN_SECS_MAX, DUE_AGAIN_SECS_MIN};
use crate::error::unreadable;
use crate::moment::{Moment, latest_believed};
use crate::{DueOrder, LedgerError, RulesTold, Swept};

const MICROS: i64 = 1_000_000;

/// The condition on the state is the index's, word for word: SQLite takes a partial index for nothing else. What the warehouse refused is
/// kept out as long as somebody wants it to go again.
const KEPT_OUT: &str = "SELECT order_id FROM orders
     WHERE store = $1 AND state IN ('filtered', 'held') AND order_id > $2
     UNION ALL
     SELECT order_id FROM orders
     WHERE store = $1 AND state IN ('held', 'releasing', 'released', 'accepted', 'rejected') AND state = 'rejected'
       AND wanted_again AND order_id > $2
     ORDER BY order_id LIMIT $3";

/// As above: word for word. Of those kept out, the ones for which something is kept: six days later than the others (in microseconds), as many
/// of them wait for a payment that never comes.
const OPEN: &str = "SELECT order_id FROM orders
     WHERE store = $1 AND state IN ('held', 'releasing', 'released', 'accepted', 'rejected') AND order_id > $2
       AND (read_at IS NULL OR read_at < $3)
     UNION ALL
     SELECT order_id FROM orders
     WHERE store = $1 AND state IN ('filtered', 'held') AND state = 'filtered' AND order_id > $2
       AND (read_at IS NULL OR read_at < $3 - 518400000000)
       AND EXISTS (SELECT 1 FROM order_lines AS line
                   WHERE line.store = orders.store AND line.order_id = orders.order_id)
     ORDER BY order_id LIMIT $4";

/// An order that stays due is told again, each time after as long as it has been due by then, within `$3` and `$4`. One that was told
/// in a future further than that was told by a clock that was ahead.
///
/// A telling that would be due later than `$5` was begun by such a clock too: it is due now, and told every `$3`. (A held order's hour is the
/// shop's, however far away.)
const DUE: &str = "SELECT store, order_id, due_at FROM orders
     WHERE due_at <= $1
       AND (due_told_at IS NULL OR due_told_at < due_at
            OR due_told_at > $1 + $4
            OR due_told_at + CASE WHEN due_told_at - due_at < $3 THEN $3
                                  WHEN due_told_at - due_at > $4 THEN $4
                                  ELSE due_told_at - due_at END <= $1)
     UNION ALL
     SELECT store, order_id, due_at FROM orders
     WHERE untold IS NOT NULL AND due_at > $5
       AND (due_told_at IS NULL OR due_told_at > $1 + $4 OR due_told_at + $3 <= $1)
     ORDER BY due_at LIMIT $2";

pub(super) async fn swept(tx: &mut Transaction, store: &StoreId) -> Result<Option<Swept>, LedgerError> {
    let row = tx
        .query("SELECT swept_from, swept_to FROM reconciled WHERE store = $1 AND swept_to IS NOT NULL")
        .bind(store.as_str())
        .optional::<(Option<Moment>, Moment)>()
        .await?;
    let swept = |(from, to): (Option<Moment>, Moment)| {
        Ok(Swept { from: from.map(Timestamp::try_from).transpose()?, to: to.try_into()? })
    };
    row.map(swept).transpose()
}

pub(super) async fn keep_swept(
    tx: &mut Transaction,
    store: &StoreId,
    swept: Swept,
) -> Result<(), LedgerError> {
    tx.query(
        "INSERT INTO reconciled (store, swept_from, swept_to) VALUES ($1, $2, $3)
         ON CONFLICT (store) DO UPDATE SET swept_from = excluded.swept_from, swept_to = excluded.swept_to",
    )
    .bind(store.as_str())
    .bind(swept.from.map(Moment::from))
    .bind(Moment::from(swept.to))
    .execute()
    .await?;
    Ok(())
}

pub(super) async fn open_orders(
    tx: &mut Transaction,
    store: &StoreId,
    read_before: Timestamp,
    after: Option<&OrderId>,
    limit: u32,
) -> Result<Vec<OrderId>, LedgerError> {
    let ids = tx
        .query(OPEN)
        .bind(store.as_str())
        .bind(after.map_or("", OrderId::as_str))
        .bind(Moment::from(read_before))
        .bind(i64::from(limit))
        .all::<(String,)>()
        .await?;
    Ok(ids.into_iter().map(|(id,)| OrderId::new(id)).collect())
}

pub(super) async fn rules(tx: &mut Transaction, store: &StoreId) -> Result<Option<RulesTold>, LedgerError> {
    let row = tx
        .query("SELECT rules, rules_again_at FROM reconciled WHERE store = $1 AND rules IS NOT NULL")
        .bind(store.as_str())
        .optional::<(String, Option<Moment>)>()
        .await?;
    let told = |(fingerprint, again_at): (String, Option<Moment>)| {
        Ok(RulesTold { fingerprint, again_at: again_at.map(Timestamp::try_from).transpose()? })
    };
    row.map(told).transpose()
}

pub(super) async fn keep_rules(
    tx: &mut Transaction,
    store: &StoreId,
    rules: &RulesTold,
) -> Result<(), LedgerError> {
    tx.query(
        "INSERT INTO reconciled (store, rules, rules_again_at) VALUES ($1, $2, $3)
         ON CONFLICT (store) DO UPDATE SET rules = excluded.rules, rules_again_at = excluded.rules_again_at",
    )
    .bind(store.as_str())
    .bind(rules.fingerprint.as_str())
    .bind(rules.again_at.map(Moment::from))
    .execute()
    .await?;
    Ok(())
}

pub(super) async fn kept_out(
    tx: &mut Transaction,
    store: &StoreId,
    after: Option<&OrderId>,
    limit: u32,
) -> Result<Vec<OrderId>, LedgerError> {
    let ids = tx
        .query(KEPT_OUT)
        .bind(store.as_str())
        .bind(after.map_or("", OrderId::as_str))
        .bind(i64::from(limit))
        .all::<(String,)>()
        .await?;
    Ok(ids.into_iter().map(|(id,)| OrderId::new(id)).collect())
}

pub(super) async fn due(
    tx: &mut Transaction,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DueOrder>, LedgerError> {
    let rows = tx
        .query(DUE)
        .bind(Moment::from(now))
        .bind(i64::from(limit))
        .bind(DUE_AGAIN_SECS_MIN * MICROS)
        .bind(DUE_AGAIN_SECS_MAX * MICROS)
        .bind(Moment::from(latest_believed(abandoned_at(now))))
        .all::<(String, String, Moment)>()
        .await?;
    let order = |(store, order_id, due_at): (String, String, Moment)| {
        Ok(DueOrder {
            store: StoreId::try_from(store).map_err(unreadable("store id"))?,
            order_id: OrderId::new(order_id),
            due_at: due_at.try_into()?,
        })
    };
    rows.into_iter().map(order).collect()
}

pub(super) async fn told_due(
    tx: &mut Transaction,
    orders: &[DueOrder],
    at: Timestamp,
) -> Result<(), LedgerError> {
    // By id, so that two of these at once lock rows in the same order.
    let mut ids: Vec<(&str, &str)> =
        orders.iter().map(|order| (order.store.as_str(), order.order_id.as_str())).collect();
    ids.sort_unstable();
    for ids in ids.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "UPDATE orders SET due_told_at = $1 WHERE (store, order_id) IN (VALUES {})",
            value_rows(2, ids.len(), 2)
        );
        let mut update = tx.query(AssertSqlSafe(sql)).bind(Moment::from(at));
        for (store, order_id) in ids {
            update = update.bind(*store).bind(*order_id);
        }
        update.execute().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Opening;
    use crate::database::Database;

    /// How SQLite would go about it.
    async fn plan(sql: &str, parameters: usize) -> String {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/ledger.db", folder.path().display());
        let database = Database::open(&url, Opening::ToRun).await.unwrap();
        let mut tx = database.read().await.unwrap();
        let mut query = tx.query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
        for _ in 0..parameters {
            query = query.bind(1_i64);
        }
        let rows = query.all::<(i64, i64, i64, String)>().await.unwrap();
        rows.into_iter().map(|(.., detail)| detail).collect::<Vec<_>>().join("; ")
    }

    #[tokio::test]
    async fn what_is_looked_at_every_few_seconds_has_its_index() {
        let due = plan(DUE, 5).await;
        assert!(due.contains("SEARCH orders USING INDEX orders_by_due (due_at<?)"), "{due}");
        assert!(due.contains("SEARCH orders USING INDEX orders_untold (due_at>?)"), "{due}");
        assert!(!due.contains("TEMP B-TREE"), "{due}");
        let kept_out = plan(KEPT_OUT, 3).await;
        assert!(kept_out.contains("USING INDEX orders_kept_out (store=? AND order_id>?)"), "{kept_out}");
        assert!(kept_out.contains("USING INDEX orders_open (store=? AND order_id>?)"), "{kept_out}");
        assert!(!kept_out.contains("TEMP B-TREE"), "{kept_out}");
        let open = plan(OPEN, 4).await;
        assert!(open.contains("USING INDEX orders_open (store=? AND order_id>?)"), "{open}");
        assert!(open.contains("USING INDEX orders_kept_out (store=? AND order_id>?)"), "{open}");
        assert!(!open.contains("TEMP B-TREE"), "{open}");
    }
}
