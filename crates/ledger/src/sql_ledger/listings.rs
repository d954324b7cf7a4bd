//! Where the shops list what they sell: the index of their catalogues.

use std::collections::{BTreeMap, BTreeSet};

use crossdock_domain::{Listing, Sku, StoreId};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::pushed::forget;
use crate::LedgerError;
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::error::unreadable;
use crate::moment::Moment;

#[derive(sqlx::FromRow)]
struct ListingRow {
    sku: String,
    product_id: String,
    variant_id: String,
    stock: String,
}

impl TryFrom<ListingRow> for Listing {
    type Error = LedgerError;

    fn try_from(row: ListingRow) -> Result<Self, LedgerError> {
        Ok(Self {
            sku: Sku::new(row.sku),
            product_id: row.product_id,
            variant_id: Some(row.variant_id).filter(|id| !id.is_empty()),
            stock: row.stock.parse().map_err(unreadable("listing's stock"))?,
        })
    }
}

/// The listings of these SKUs.
pub(super) async fn of_skus(
    tx: &mut Transaction,
    store: &StoreId,
    skus: &[Sku],
) -> Result<Vec<Listing>, LedgerError> {
    let skus: Vec<&str> = skus.iter().map(Sku::as_str).collect();
    select(tx, store, "sku", &skus).await
}

async fn select(
    tx: &mut Transaction,
    store: &StoreId,
    column: &str,
    wanted: &[&str],
) -> Result<Vec<Listing>, LedgerError> {
    let mut listings = Vec::new();
    for wanted in wanted.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "SELECT sku, product_id, variant_id, stock FROM listings
             WHERE store = $1 AND {column} IN ({}) ORDER BY sku, product_id, variant_id",
            value_rows(2, wanted.len(), 1)
        );
        let mut select = tx.query(AssertSqlSafe(sql)).bind(store.as_str());
        for one in wanted {
            select = select.bind(*one);
        }
        for row in select.all::<ListingRow>().await? {
            listings.push(row.try_into()?);
        }
    }
    Ok(listings)
}

/// Puts down what was read of the shop at a moment. A listing that is new here, or is another than it was, was not told its
/// quantity yet: what the shop was told of its SKU counts no more. Returns these SKUs.
pub(super) async fn learn(
    tx: &mut Transaction,
    store: &StoreId,
    listings: &[Listing],
    read_at: Timestamp,
) -> Result<Vec<Sku>, LedgerError> {
    // By their places, so that two readings at once lock rows in the same order, and each place stands once in a statement.
    let by_place: BTreeMap<(&str, &str), &Listing> =
        listings.iter().map(|listing| (place(listing), listing)).collect();
    let products: BTreeSet<&str> = by_place.keys().map(|(product_id, _)| *product_id).collect();
    let products: Vec<&str> = products.into_iter().collect();
    let known = select(tx, store, "product_id", &products).await?;
    let known: BTreeMap<(&str, &str), &Listing> =
        known.iter().map(|listing| (place(listing), listing)).collect();
    let news = by_place.iter().filter(|(place, listing)| known.get(*place) != Some(*listing));
    let news: BTreeSet<Sku> = news.map(|(_, listing)| listing.sku.clone()).collect();
    let listings: Vec<&Listing> = by_place.into_values().collect();
    for listings in listings.chunks(STATEMENT_ROWS_MAX) {
        upsert(tx, store, listings, read_at).await?;
    }
    let news: Vec<Sku> = news.into_iter().collect();
    forget(tx, store, &news).await?;
    Ok(news)
}

/// Where it is: its product, and its variant if it is one.
pub(super) fn place(listing: &Listing) -> (&str, &str) {
    (&listing.product_id, listing.variant_id.as_deref().unwrap_or_default())
}

async fn upsert(
    tx: &mut Transaction,
    store: &StoreId,
    listings: &[&Listing],
    read_at: Timestamp,
) -> Result<(), LedgerError> {
    let sql = format!(
        "INSERT INTO listings (store, product_id, variant_id, sku, stock, read_at) VALUES {}
         ON CONFLICT (store, product_id, variant_id) DO UPDATE
         SET sku = excluded.sku, stock = excluded.stock, read_at = excluded.read_at",
        value_rows(1, listings.len(), 6)
    );
    let mut upsert = tx.query(AssertSqlSafe(sql));
    for listing in listings {
        let (product_id, variant_id) = place(listing);
        upsert = upsert
            .bind(store.as_str())
            .bind(product_id)
            .bind(variant_id)
            .bind(listing.sku.as_str())
            .bind(listing.stock.as_str())
            .bind(Moment::from(read_at));
    }
    upsert.execute().await?;
    Ok(())
}

/// Replaces what is known of whole products. Of one that is gone, nothing is left.
pub(super) async fn learn_products(
    tx: &mut Transaction,
    store: &StoreId,
    product_ids: &[String],
    listings: &[Listing],
    read_at: Timestamp,
) -> Result<Vec<Sku>, LedgerError> {
    let news = learn(tx, store, listings, read_at).await?;
    for product_ids in product_ids.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "DELETE FROM listings WHERE store = $1 AND read_at < $2 AND product_id IN ({})",
            value_rows(3, product_ids.len(), 1)
        );
        let mut delete = tx.query(AssertSqlSafe(sql)).bind(store.as_str()).bind(Moment::from(read_at));
        for product_id in product_ids {
            delete = delete.bind(product_id.as_str());
        }
        delete.execute().await?;
    }
    Ok(news)
}

/// What is known of these products stands, as if it was read at this moment.
pub(super) async fn keep_products(
    tx: &mut Transaction,
    store: &StoreId,
    product_ids: &[String],
    read_at: Timestamp,
) -> Result<(), LedgerError> {
    for product_ids in product_ids.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "UPDATE listings SET read_at = $2 WHERE store = $1 AND read_at < $2 AND product_id IN ({})",
            value_rows(3, product_ids.len(), 1)
        );
        let mut update = tx.query(AssertSqlSafe(sql)).bind(store.as_str()).bind(Moment::from(read_at));
        for product_id in product_ids {
            update = update.bind(product_id.as_str());
        }
        update.execute().await?;
    }
    Ok(())
}

/// What no reading has seen since this moment is gone.
pub(super) async fn forget_unseen(
    tx: &mut Transaction,
    store: &StoreId,
    since: Timestamp,
) -> Result<(), LedgerError> {
    tx.query("DELETE FROM listings WHERE store = $1 AND read_at < $2")
        .bind(store.as_str())
        .bind(Moment::from(since))
        .execute()
        .await?;
    Ok(())
}
