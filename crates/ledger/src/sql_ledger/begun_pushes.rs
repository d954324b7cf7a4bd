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

/// The pushes of these SKUs that are under way, or in doubt, may have come too early: another is in doubt from right after their beginning.
pub(super) async fn overtake(tx: &mut Transaction, store: &StoreId, skus: &[Sku]) -> Result<(), LedgerError> {
    for skus in skus.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "INSERT INTO begun_pushes (store, sku, began_at)
             SELECT store, sku, MAX(began_at) + 1 FROM begun_pushes WHERE store = $1 AND sku IN ({})
             GROUP BY store, sku",
            value_rows(2, skus.len(), 1)
        );
        let mut insert = tx.query(AssertSqlSafe(sql)).bind(store.as_str());
        for sku in skus {
            insert = insert.bind(sku.as_str());
        }
        insert.execute().await?;
    }
    Ok(())
}

/// Those of these SKUs of which a push is in doubt that began after this moment.
pub(super) async fn overtaken(
    tx: &mut Transaction,
    store: &StoreId,
    skus: &[Sku],
    began_at: Timestamp,
) -> Result<Vec<Sku>, LedgerError> {
    let mut overtaken = Vec::new();
    for skus in skus.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "SELECT DISTINCT sku FROM begun_pushes WHERE store = $1 AND began_at > $2 AND sku IN ({})",
            value_rows(3, skus.len(), 1)
        );
        let mut select = tx.query(AssertSqlSafe(sql)).bind(store.as_str()).bind(Moment::from(began_at));
        for sku in skus {
            select = select.bind(sku.as_str());
        }
        overtaken.extend(select.all::<(String,)>().await?.into_iter().map(|(sku,)| Sku::new(sku)));
    }
    Ok(overtaken)
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
