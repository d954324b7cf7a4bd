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
    // Here before there, as wherever both are locked.
    delete_settled(tx, store, &skus, settled).await?;
    let told_before = forget_told(tx, store, &skus).await?;
    forgive(tx, store, listings).await?;
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

/// Whatever has become of it, it is known. Returns the SKUs of which that says nothing any more, as it was overtaken.
pub(super) async fn end(
    tx: &mut Transaction,
    store: &StoreId,
    skus: &[Sku],
    began_at: Timestamp,
) -> Result<BTreeSet<Sku>, LedgerError> {
    overtaken_of(tx, "DELETE FROM begun_pushes", (store, skus, began_at)).await
}

/// Returns the same, and leaves it open.
pub(super) async fn overtaken(
    tx: &mut Transaction,
    store: &StoreId,
    skus: &[Sku],
    began_at: Timestamp,
) -> Result<BTreeSet<Sku>, LedgerError> {
    // Written, so that whoever overtakes it at this moment waits for what is put down.
    overtaken_of(tx, "UPDATE begun_pushes SET overtaken = overtaken", (store, skus, began_at)).await
}

async fn overtaken_of(
    tx: &mut Transaction,
    what: &'static str,
    (store, skus, began_at): (&StoreId, &[Sku], Timestamp),
) -> Result<BTreeSet<Sku>, LedgerError> {
    let mut overtaken = BTreeSet::new();
    for skus in skus.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "{what} WHERE store = $1 AND began_at = $2 AND sku IN ({}) RETURNING sku, overtaken",
            value_rows(3, skus.len(), 1)
        );
        let mut query = tx.query(AssertSqlSafe(sql)).bind(store.as_str()).bind(Moment::from(began_at));
        for sku in skus {
            query = query.bind(sku.as_str());
        }
        let rows = query.all::<(String, bool)>().await?;
        overtaken.extend(rows.into_iter().filter(|(_, overtaken)| *overtaken).map(|(sku, _)| Sku::new(sku)));
    }
    Ok(overtaken)
}

/// The pushes of these SKUs that are under way may reach the shop before what it does by itself, or after.
pub(super) async fn overtake(tx: &mut Transaction, store: &StoreId, skus: &[Sku]) -> Result<(), LedgerError> {
    for skus in skus.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "UPDATE begun_pushes SET overtaken = TRUE WHERE store = $1 AND sku IN ({})",
            value_rows(2, skus.len(), 1)
        );
        let mut update = tx.query(AssertSqlSafe(sql)).bind(store.as_str());
        for sku in skus {
            update = update.bind(sku.as_str());
        }
        update.execute().await?;
    }
    Ok(())
}

/// Those that began until then.
async fn delete_settled(
    tx: &mut Transaction,
    store: &StoreId,
    skus: &[Sku],
    settled: Timestamp,
) -> Result<(), LedgerError> {
    for skus in skus.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "DELETE FROM begun_pushes WHERE store = $1 AND began_at <= $2 AND sku IN ({})",
            value_rows(3, skus.len(), 1)
        );
        let mut delete = tx.query(AssertSqlSafe(sql)).bind(store.as_str()).bind(Moment::from(settled));
        for sku in skus {
            delete = delete.bind(sku.as_str());
        }
        delete.execute().await?;
    }
    Ok(())
}
