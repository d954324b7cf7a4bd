//! What a preview asks about SKUs that the warehouse did not know.

use std::collections::BTreeSet;

use crossdock_domain::{OrderId, Sku, StoreId};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::super::unknown_skus::IS_KNOWN;
use crate::LedgerError;
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::moment::Moment;

pub(super) async fn since(
    tx: &mut Transaction,
    skus: &[Sku],
    since: Timestamp,
) -> Result<Vec<Sku>, LedgerError> {
    let mut known = BTreeSet::new();
    for skus in skus.chunks(STATEMENT_ROWS_MAX) {
        let these = value_rows(2, skus.len(), 1);
        let sql = format!(
            "SELECT sku FROM stock WHERE counted_at > $1 AND sku IN ({these})
             UNION ALL SELECT sku FROM known_skus WHERE since > $1 AND sku IN ({these})"
        );
        let query = tx.query(AssertSqlSafe(sql)).bind(Moment::from(since));
        let query = skus.iter().fold(query, |query, sku| query.bind(sku.as_str()));
        known.extend(query.all::<(String,)>().await?.into_iter().map(|(sku,)| Sku::new(sku)));
    }
    Ok(known.into_iter().collect())
}

pub(super) async fn refused_for(
    tx: &mut Transaction,
    store: &StoreId,
    ids: &[OrderId],
) -> Result<Vec<(OrderId, Sku)>, LedgerError> {
    let mut refused_for = Vec::new();
    for ids in ids.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "SELECT order_id, sku FROM unknown_skus AS lacked
             WHERE store = $1 AND order_id IN ({}) AND NOT {IS_KNOWN}
             ORDER BY order_id, sku",
            value_rows(2, ids.len(), 1)
        );
        let query = tx.query(AssertSqlSafe(sql)).bind(store.as_str());
        let query = ids.iter().fold(query, |query, id| query.bind(id.as_str()));
        let rows = query.all::<(String, String)>().await?;
        refused_for.extend(rows.into_iter().map(|(order_id, sku)| (OrderId::new(order_id), Sku::new(sku))));
    }
    Ok(refused_for)
}
