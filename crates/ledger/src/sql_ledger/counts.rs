//! The newest count of each SKU. Of two of the same moment, as a clock of whole seconds gives them, the one that leaves fewer units to be
//! sold, whichever came first.

use std::collections::BTreeMap;

use crossdock_domain::{Sku, StockLevel};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::LedgerError;
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::moment::Moment;

pub(super) async fn counted(
    tx: &mut Transaction,
    counted_at: Timestamp,
    levels: &[StockLevel],
) -> Result<Vec<Sku>, LedgerError> {
    // By SKU, so that two counts at once lock rows in the same order.
    let mut by_sku: BTreeMap<&Sku, &StockLevel> = BTreeMap::new();
    for level in levels {
        let fewest = by_sku.entry(&level.sku).or_insert(level);
        if free(level) < free(fewest) {
            *fewest = level;
        }
    }
    let levels: Vec<&StockLevel> = by_sku.into_values().collect();
    let mut replaced = Vec::new();
    for levels in levels.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "INSERT INTO stock (sku, on_hand, allocated, counted_at) VALUES {}
             ON CONFLICT (sku) DO UPDATE
             SET on_hand = excluded.on_hand, allocated = excluded.allocated, counted_at = excluded.counted_at
             WHERE stock.counted_at < excluded.counted_at
                OR stock.counted_at = excluded.counted_at
                   AND excluded.on_hand - COALESCE(excluded.allocated, 0) < stock.on_hand - COALESCE(stock.allocated, 0)
             RETURNING sku",
            value_rows(1, levels.len(), 4)
        );
        let mut upsert = tx.query(AssertSqlSafe(sql));
        for level in levels {
            upsert = upsert
                .bind(level.sku.as_str())
                .bind(level.on_hand)
                .bind(level.allocated)
                .bind(Moment::from(counted_at));
        }
        replaced.extend(upsert.all::<(String,)>().await?.into_iter().map(|(sku,)| Sku::new(sku)));
    }
    replaced.sort();
    Ok(replaced)
}

/// Units that are not set aside.
fn free(level: &StockLevel) -> i64 {
    level.on_hand.saturating_sub(level.allocated.unwrap_or_default())
}
