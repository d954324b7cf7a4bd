//! Which listings' quantities a shop refuses for good. It stands with the listing, and goes with it.

use std::collections::{BTreeMap, BTreeSet};

use crossdock_domain::{Listing, Sku, StoreId};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::listings::place;
use super::pushed::forget;
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::moment::Moment;
use crate::{LedgerError, Refused};

/// No refusal, for an `UPDATE` of listings.
const NONE: &str =
    "UPDATE listings SET refused = NULL, refused_at = NULL WHERE store = $1 AND refused IS NOT NULL";

#[derive(sqlx::FromRow)]
struct Row {
    sku: String,
    product_id: String,
    variant_id: String,
    refused: String,
    refused_at: Moment,
}

/// Few at a time, so a statement each. One that is not listed any more has no place to stand.
pub(super) async fn refuse(
    tx: &mut Transaction,
    store: &StoreId,
    refusals: &[(Listing, String)],
    at: Timestamp,
) -> Result<(), LedgerError> {
    // By their places, so that two at once lock rows in the same order.
    let by_place: BTreeMap<_, _> =
        refusals.iter().map(|(listing, why)| (place(listing), (&listing.sku, why))).collect();
    for ((product_id, variant_id), (sku, why)) in by_place {
        tx.query(
            "UPDATE listings SET refused = $4, refused_at = $5
             WHERE store = $1 AND product_id = $2 AND variant_id = $3 AND sku = $6",
        )
        .bind(store.as_str())
        .bind(product_id)
        .bind(variant_id)
        .bind(why.as_str())
        .bind(Moment::from(at))
        .bind(sku.as_str())
        .execute()
        .await?;
    }
    Ok(())
}

/// What is refused of these SKUs, or of all.
pub(super) async fn by_sku(
    tx: &mut Transaction,
    store: &StoreId,
    skus: Option<&[Sku]>,
) -> Result<BTreeMap<Sku, Vec<Refused>>, LedgerError> {
    let mut by_sku: BTreeMap<Sku, Vec<Refused>> = BTreeMap::new();
    let parts = skus.map_or_else(|| vec![None], |skus| skus.chunks(STATEMENT_ROWS_MAX).map(Some).collect());
    for part in parts {
        for row in select(tx, store, part).await? {
            let refused = Refused {
                product_id: row.product_id,
                variant_id: Some(row.variant_id).filter(|id| !id.is_empty()),
                why: row.refused,
                at: row.refused_at.try_into()?,
            };
            by_sku.entry(Sku::new(row.sku)).or_default().push(refused);
        }
    }
    Ok(by_sku)
}

async fn select(
    tx: &mut Transaction,
    store: &StoreId,
    skus: Option<&[Sku]>,
) -> Result<Vec<Row>, LedgerError> {
    let of_these = skus.map(|skus| format!("AND sku IN ({})", value_rows(2, skus.len(), 1)));
    let sql = format!(
        "SELECT sku, product_id, variant_id, refused, refused_at FROM listings
         WHERE store = $1 AND refused IS NOT NULL {} ORDER BY product_id, variant_id",
        of_these.unwrap_or_default()
    );
    let mut select = tx.query(AssertSqlSafe(sql)).bind(store.as_str());
    for sku in skus.unwrap_or_default() {
        select = select.bind(sku.as_str());
    }
    select.all().await
}

/// These are told now: nobody knows yet whether they are refused again.
pub(super) async fn forgive(
    tx: &mut Transaction,
    store: &StoreId,
    listings: &[Listing],
) -> Result<(), LedgerError> {
    for listings in listings.chunks(STATEMENT_ROWS_MAX) {
        let places = value_rows(2, listings.len(), 2);
        let sql = format!("{NONE} AND (product_id, variant_id) IN (VALUES {places})");
        let mut update = tx.query(AssertSqlSafe(sql)).bind(store.as_str());
        for (product_id, variant_id) in listings.iter().map(place) {
            update = update.bind(product_id).bind(variant_id);
        }
        update.execute().await?;
    }
    Ok(())
}

/// All of these SKUs.
pub(super) async fn forgive_skus(
    tx: &mut Transaction,
    store: &StoreId,
    skus: &[Sku],
) -> Result<(), LedgerError> {
    for skus in skus.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!("{NONE} AND sku IN ({})", value_rows(2, skus.len(), 1));
        let mut update = tx.query(AssertSqlSafe(sql)).bind(store.as_str());
        for sku in skus {
            update = update.bind(sku.as_str());
        }
        update.execute().await?;
    }
    Ok(())
}

/// What was refused before this moment is to be told again.
pub(super) async fn reconsider_before(
    tx: &mut Transaction,
    store: &StoreId,
    before: Timestamp,
) -> Result<(), LedgerError> {
    let skus = tx
        .query(
            "SELECT DISTINCT sku FROM listings
             WHERE store = $1 AND refused IS NOT NULL AND refused_at < $2 ORDER BY sku",
        )
        .bind(store.as_str())
        .bind(Moment::from(before))
        .all::<(String,)>()
        .await?;
    let skus: Vec<Sku> = skus.into_iter().map(|(sku,)| Sku::new(sku)).collect();
    forget(tx, store, &skus).await
}

/// What is refused of these products is to be told again. Returns their SKUs.
pub(super) async fn reconsider(
    tx: &mut Transaction,
    store: &StoreId,
    product_ids: &[String],
) -> Result<Vec<Sku>, LedgerError> {
    let mut skus = BTreeSet::new();
    for product_ids in product_ids.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "SELECT sku FROM listings WHERE store = $1 AND refused IS NOT NULL AND product_id IN ({})",
            value_rows(2, product_ids.len(), 1)
        );
        let mut select = tx.query(AssertSqlSafe(sql)).bind(store.as_str());
        for product_id in product_ids {
            select = select.bind(product_id.as_str());
        }
        skus.extend(select.all::<(String,)>().await?.into_iter().map(|(sku,)| Sku::new(sku)));
    }
    let skus: Vec<Sku> = skus.into_iter().collect();
    forget(tx, store, &skus).await?;
    Ok(skus)
}
