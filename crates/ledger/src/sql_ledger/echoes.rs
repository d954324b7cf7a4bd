//! Our own writes to products, of which the shop is going to tell.

use std::collections::BTreeMap;

use crossdock_domain::StoreId;
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::LedgerError;
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::moment::Moment;

pub(super) async fn expect(
    tx: &mut Transaction,
    store: &StoreId,
    product_ids: &[String],
    at: Timestamp,
    since: Timestamp,
) -> Result<(), LedgerError> {
    stale(tx, store, since).await?;
    let mut writes: BTreeMap<&str, i64> = BTreeMap::new();
    for product_id in product_ids {
        *writes.entry(product_id).or_default() += 1;
    }
    let writes: Vec<(&str, i64)> = writes.into_iter().collect();
    for writes in writes.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "INSERT INTO echoes (store, product_id, expected, written_at) VALUES {}
             ON CONFLICT (store, product_id) DO UPDATE
             SET expected = echoes.expected + excluded.expected",
            value_rows(1, writes.len(), 4)
        );
        let mut upsert = tx.query(AssertSqlSafe(sql));
        for (product_id, expected) in writes {
            upsert = upsert.bind(store.as_str()).bind(*product_id).bind(*expected).bind(Moment::from(at));
        }
        upsert.execute().await?;
    }
    Ok(())
}

/// Which of these were one. By product, so that two transactions at once lock rows in the same order.
pub(super) async fn heard(
    tx: &mut Transaction,
    store: &StoreId,
    product_ids: &[String],
    since: Timestamp,
) -> Result<Vec<bool>, LedgerError> {
    stale(tx, store, since).await?;
    let mut heard = vec![false; product_ids.len()];
    let mut places: Vec<usize> = (0..product_ids.len()).collect();
    places.sort_by_key(|place| &product_ids[*place]);
    for place in places {
        let sql = "UPDATE echoes SET expected = expected - 1
                   WHERE store = $1 AND product_id = $2 AND expected > 0";
        let found = tx.query(sql).bind(store.as_str()).bind(product_ids[place].as_str()).execute().await?;
        heard[place] = found > 0;
    }
    Ok(heard)
}

/// Drops what is echoed no more.
async fn stale(tx: &mut Transaction, store: &StoreId, since: Timestamp) -> Result<(), LedgerError> {
    tx.query("DELETE FROM echoes WHERE store = $1 AND (written_at < $2 OR expected <= 0)")
        .bind(store.as_str())
        .bind(Moment::from(since))
        .execute()
        .await?;
    Ok(())
}
