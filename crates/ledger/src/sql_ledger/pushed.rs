//! What each shop was last told, and on which days it was told everything.

use std::collections::BTreeMap;

use crossdock_domain::{Sku, StoreId};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::AssertSqlSafe;

use super::{begun_pushes, refused};
use crate::LedgerError;
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::error::unreadable;
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
    let skus: Vec<Sku> = quantities.into_iter().map(|(sku, _)| sku.clone()).collect();
    begun_pushes::end(tx, store, &skus, at).await
}

/// What the shop was told of these SKUs, or refused, counts no more.
pub(super) async fn forget(tx: &mut Transaction, store: &StoreId, skus: &[Sku]) -> Result<(), LedgerError> {
    forget_told(tx, store, skus).await?;
    refused::forgive_skus(tx, store, skus).await
}

/// What the shop was told of these SKUs counts no more.
pub(super) async fn forget_told(
    tx: &mut Transaction,
    store: &StoreId,
    skus: &[Sku],
) -> Result<(), LedgerError> {
    for skus in skus.chunks(STATEMENT_ROWS_MAX) {
        let sql =
            format!("DELETE FROM pushed WHERE store = $1 AND sku IN ({})", value_rows(2, skus.len(), 1));
        let mut delete = tx.query(AssertSqlSafe(sql)).bind(store.as_str());
        for sku in skus {
            delete = delete.bind(sku.as_str());
        }
        delete.execute().await?;
    }
    Ok(())
}

pub(super) async fn stock_day(tx: &mut Transaction, store: &StoreId) -> Result<Option<Date>, LedgerError> {
    let row = tx
        .query("SELECT stock_day FROM reconciled WHERE store = $1")
        .bind(store.as_str())
        .optional::<(Option<String>,)>()
        .await?;
    let day = row.and_then(|(day,)| day);
    day.map(|day| day.parse()).transpose().map_err(unreadable("day of a full push"))
}

pub(super) async fn keep_stock_day(
    tx: &mut Transaction,
    store: &StoreId,
    day: Date,
) -> Result<(), LedgerError> {
    tx.query(
        "INSERT INTO reconciled (store, stock_day) VALUES ($1, $2)
         ON CONFLICT (store) DO UPDATE SET stock_day = excluded.stock_day",
    )
    .bind(store.as_str())
    .bind(day.to_string())
    .execute()
    .await?;
    Ok(())
}
