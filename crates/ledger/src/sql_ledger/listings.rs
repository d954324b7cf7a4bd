//! Where the shops list SKUs, as far as it was looked up.

use std::collections::BTreeMap;

use crossdock_domain::{Listing, Sku, StoreId};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::LedgerError;
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::moment::Moment;

/// A SKU that was looked up, and one of its listings, if it has any.
#[derive(sqlx::FromRow)]
struct ListingRow {
    sku: String,
    product_id: Option<String>,
    variant_id: Option<String>,
    tracked: Option<bool>,
}

pub(super) async fn known(
    tx: &mut Transaction,
    store: &StoreId,
    skus: &[Sku],
) -> Result<Vec<(Sku, Vec<Listing>)>, LedgerError> {
    let mut known: BTreeMap<Sku, Vec<Listing>> = BTreeMap::new();
    for skus in skus.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "SELECT looked_up.sku, listings.product_id, listings.variant_id, listings.tracked
             FROM looked_up LEFT JOIN listings ON listings.store = looked_up.store AND listings.sku = looked_up.sku
             WHERE looked_up.store = $1 AND looked_up.sku IN ({})
             ORDER BY listings.product_id, COALESCE(listings.variant_id, '')",
            value_rows(2, skus.len(), 1)
        );
        let mut select = tx.query(AssertSqlSafe(sql)).bind(store.as_str());
        for sku in skus {
            select = select.bind(sku.as_str());
        }
        for row in select.all::<ListingRow>().await? {
            let sku = Sku::new(row.sku);
            let listings = known.entry(sku.clone()).or_default();
            if let (Some(product_id), Some(tracked)) = (row.product_id, row.tracked) {
                listings.push(Listing { sku, product_id, variant_id: row.variant_id, tracked });
            }
        }
    }
    Ok(known.into_iter().collect())
}

pub(super) async fn learn(
    tx: &mut Transaction,
    store: &StoreId,
    found: &[(Sku, Vec<Listing>)],
    at: Timestamp,
) -> Result<(), LedgerError> {
    // By SKU, so that two lookups at once lock rows in the same order.
    let found: BTreeMap<&Sku, &Vec<Listing>> = found.iter().map(|(sku, listings)| (sku, listings)).collect();
    let skus: Vec<&Sku> = found.keys().copied().collect();
    for skus in skus.chunks(STATEMENT_ROWS_MAX) {
        mark_looked_up(tx, store, skus, at).await?;
        delete(tx, store, skus).await?;
    }
    let listings: Vec<(&Sku, &Listing)> = found
        .into_iter()
        .flat_map(|(sku, listings)| listings.iter().map(move |listing| (sku, listing)))
        .collect();
    for listings in listings.chunks(STATEMENT_ROWS_MAX) {
        insert(tx, store, listings).await?;
    }
    Ok(())
}

/// Comes before the listings are replaced: it locks the SKUs, so that of two lookups at once only the later one's listings stand.
async fn mark_looked_up(
    tx: &mut Transaction,
    store: &StoreId,
    skus: &[&Sku],
    at: Timestamp,
) -> Result<(), LedgerError> {
    let sql = format!(
        "INSERT INTO looked_up (store, sku, at) VALUES {}
         ON CONFLICT (store, sku) DO UPDATE SET at = excluded.at",
        value_rows(1, skus.len(), 3)
    );
    let mut upsert = tx.query(AssertSqlSafe(sql));
    for sku in skus {
        upsert = upsert.bind(store.as_str()).bind(sku.as_str()).bind(Moment::from(at));
    }
    upsert.execute().await?;
    Ok(())
}

async fn insert(
    tx: &mut Transaction,
    store: &StoreId,
    listings: &[(&Sku, &Listing)],
) -> Result<(), LedgerError> {
    let rows = value_rows(1, listings.len(), 5);
    let sql = format!("INSERT INTO listings (store, sku, product_id, variant_id, tracked) VALUES {rows}");
    let mut insert = tx.query(AssertSqlSafe(sql));
    for (sku, listing) in listings {
        insert = insert
            .bind(store.as_str())
            .bind(sku.as_str())
            .bind(listing.product_id.as_str())
            .bind(listing.variant_id.as_deref())
            .bind(listing.tracked);
    }
    insert.execute().await?;
    Ok(())
}

pub(super) async fn forget_product(
    tx: &mut Transaction,
    store: &StoreId,
    product_id: &str,
    not_found_before: Timestamp,
) -> Result<(), LedgerError> {
    // With a SKU that was looked up, its listings go too.
    tx.query(
        "DELETE FROM looked_up
         WHERE store = $1 AND (
             sku IN (SELECT sku FROM listings WHERE store = $1 AND product_id = $2)
             OR at < $3 AND sku NOT IN (SELECT sku FROM listings WHERE store = $1)
         )",
    )
    .bind(store.as_str())
    .bind(product_id)
    .bind(Moment::from(not_found_before))
    .execute()
    .await?;
    Ok(())
}

pub(super) async fn forget(tx: &mut Transaction, store: &StoreId, skus: &[Sku]) -> Result<(), LedgerError> {
    for skus in skus.chunks(STATEMENT_ROWS_MAX) {
        let rows = value_rows(2, skus.len(), 1);
        // With a SKU that was looked up, its listings go too.
        let sql = format!("DELETE FROM looked_up WHERE store = $1 AND sku IN ({rows})");
        let mut delete = tx.query(AssertSqlSafe(sql)).bind(store.as_str());
        for sku in skus {
            delete = delete.bind(sku.as_str());
        }
        delete.execute().await?;
    }
    Ok(())
}

async fn delete(tx: &mut Transaction, store: &StoreId, skus: &[&Sku]) -> Result<(), LedgerError> {
    let sql = format!("DELETE FROM listings WHERE store = $1 AND sku IN ({})", value_rows(2, skus.len(), 1));
    let mut delete = tx.query(AssertSqlSafe(sql)).bind(store.as_str());
    for sku in skus {
        delete = delete.bind(sku.as_str());
    }
    delete.execute().await?;
    Ok(())
}
