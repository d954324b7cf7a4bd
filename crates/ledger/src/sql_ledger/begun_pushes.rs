//! Pushes of quantities of which it is not known yet whether they have reached the shop.

use std::collections::BTreeSet;

use crossdock_domain::{Listing, Sku, StoreId};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::pushed::forget_told;
use super::refused::forgive;
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::moment::Moment;
use crate::{LedgerError, Pushed};

/// Returns what the shop was told before.
pub(super) async fn begin(
    tx: &mut Transaction,
    store: &StoreId,
    listings: &[Listing],
    at: Timestamp,
    settled: Timestamp,
) -> Result<Vec<(Sku, Pushed)>, LedgerError> {
    let skus: BTreeSet<&Sku> = listings.iter().map(|listing| &listing.sku).collect();
    let skus: Vec<Sku> = skus.into_iter().cloned().collect();
    let told_before = forget_told(tx, store, &skus).await?;
    forgive(tx, store, listings).await?;
    delete(tx, store, &skus, "began_at <= $2", settled).await?;
    for skus in skus.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "INSERT INTO begun_pushes (store, sku, began_at) VALUES {} ON CONFLICT DO NOTHING",
            value_rows(1, skus.len(), 3)
        );
        let mut insert = tx.query(AssertSqlSafe(sql));
        for sku in skus {
            insert = insert.bind(store.as_str()).bind(sku.as_str()).bind(Moment::from(at));
        }
        insert.execute().await?;
    }
    Ok(told_before)
}

/// Whatever has become of it, it is known.
pub(super) async fn end(
    tx: &mut Transaction,
    store: &StoreId,
    skus: &[Sku],
    began_at: Timestamp,
) -> Result<(), LedgerError> {
    delete(tx, store, skus, "began_at = $2", began_at).await
}

async fn delete(
    tx: &mut Transaction,
    store: &StoreId,
    skus: &[Sku],
    began: &'static str,
    at: Timestamp,
) -> Result<(), LedgerError> {
    for skus in skus.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "DELETE FROM begun_pushes WHERE store = $1 AND {began} AND sku IN ({})",
            value_rows(3, skus.len(), 1)
        );
        let mut delete = tx.query(AssertSqlSafe(sql)).bind(store.as_str()).bind(Moment::from(at));
        for sku in skus {
            delete = delete.bind(sku.as_str());
        }
        delete.execute().await?;
    }
    Ok(())
}
