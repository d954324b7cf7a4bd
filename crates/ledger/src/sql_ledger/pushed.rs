//! What each shop was last told.

use std::collections::BTreeMap;

use crossdock_domain::{Sku, StoreId};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::LedgerError;
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::moment::Moment;

pub(super) async fn pushed(
    tx: &mut Transaction,
    store: &StoreId,
    quantities: &[(Sku, i64)],
    at: Timestamp,
) -> Result<(), LedgerError> {
    // By SKU, so that two pushes at once lock rows in the same order. Of a SKU that stands twice, the last was told last.
    let by_sku: BTreeMap<&Sku, i64> = quantities.iter().map(|(sku, units)| (sku, *units)).collect();
    let quantities: Vec<(&Sku, i64)> = by_sku.into_iter().collect();
    for quantities in quantities.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "INSERT INTO pushed (store, sku, units, at) VALUES {}
             ON CONFLICT (store, sku) DO UPDATE SET units = excluded.units, at = excluded.at
             WHERE pushed.at <= excluded.at",
            value_rows(1, quantities.len(), 4)
        );
        let mut upsert = tx.query(AssertSqlSafe(sql));
        for (sku, units) in quantities {
            upsert = upsert.bind(store.as_str()).bind(sku.as_str()).bind(*units).bind(Moment::from(at));
        }
        upsert.execute().await?;
    }
    Ok(())
}
