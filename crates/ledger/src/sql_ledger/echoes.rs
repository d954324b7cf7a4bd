//! Our own writes to products, and what the shop told of them.

use std::collections::BTreeMap;

use crossdock_domain::StoreId;
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::moment::Moment;
use crate::{LedgerError, ProductTold};

pub(super) async fn expect(
    tx: &mut Transaction,
    store: &StoreId,
    product_ids: &[String],
    at: Timestamp,
    since: Timestamp,
) -> Result<(), LedgerError> {
    stale(tx, store, since).await?;
    let mut latest: BTreeMap<&str, i64> = BTreeMap::new();
    let writes: Vec<(&str, i64)> = product_ids
        .iter()
        .map(|product_id| {
            let place = latest.entry(product_id).and_modify(|place| *place += 1).or_default();
            (product_id.as_str(), *place)
        })
        .collect();
    for writes in writes.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "INSERT INTO echoes (store, product_id, written_at, place) VALUES {} ON CONFLICT DO NOTHING",
            value_rows(1, writes.len(), 4)
        );
        let mut insert = tx.query(AssertSqlSafe(sql));
        for (product_id, place) in writes {
            insert = insert.bind(store.as_str()).bind(*product_id).bind(Moment::from(at)).bind(*place);
        }
        insert.execute().await?;
    }
    Ok(())
}

/// Which of these are one. By product and event, so that two transactions at once lock rows in the same order.
pub(super) async fn heard(
    tx: &mut Transaction,
    store: &StoreId,
    told: &[ProductTold],
    since: Timestamp,
) -> Result<Vec<bool>, LedgerError> {
    stale(tx, store, since).await?;
    let mut heard = vec![false; told.len()];
    let mut places: Vec<usize> = (0..told.len()).collect();
    places.sort_by_key(|place| (&told[*place].product_id, &told[*place].event_id));
    for place in places {
        let ProductTold { product_id, event_id } = &told[place];
        // The write that this event was the echo of, else the oldest of which the shop has not told. The outer condition is for another
        // transaction that took the same one meanwhile.
        let sql = "UPDATE echoes SET heard_as = $3
                   WHERE store = $1 AND product_id = $2 AND (heard_as IS NULL OR heard_as = $3)
                   AND (written_at, place) = (
                       SELECT written_at, place FROM echoes
                       WHERE store = $1 AND product_id = $2 AND (heard_as IS NULL OR heard_as = $3)
                       ORDER BY heard_as IS NULL, written_at, place LIMIT 1)";
        let update = tx.query(sql).bind(store.as_str()).bind(product_id.as_str()).bind(event_id.as_str());
        heard[place] = update.execute().await? > 0;
    }
    Ok(heard)
}

/// Drops what is echoed no more.
async fn stale(tx: &mut Transaction, store: &StoreId, since: Timestamp) -> Result<(), LedgerError> {
    tx.query("DELETE FROM echoes WHERE store = $1 AND written_at < $2")
        .bind(store.as_str())
        .bind(Moment::from(since))
        .execute()
        .await?;
    Ok(())
}
