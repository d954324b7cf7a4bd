//! What each shop was last told, and on which days it was told everything.

use std::collections::{BTreeMap, BTreeSet};

use crossdock_domain::{Sku, StockPush, StoreId};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::AssertSqlSafe;

use super::{begun_pushes, refused};
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::error::unreadable;
use crate::moment::Moment;
use crate::{LedgerError, Pushed};

pub(super) async fn pushed(
    tx: &mut Transaction,
    store: &StoreId,
    quantities: &[(Sku, i64)],
    at: Timestamp,
) -> Result<(), LedgerError> {
    let told = told(quantities, at);
    let overtaken = begun_pushes::end(tx, store, &skus(&told), at).await?;
    put_down(tx, store, told, &overtaken).await
}

pub(super) async fn pushed_at_second_try(
    tx: &mut Transaction,
    store: &StoreId,
    quantities: &[(Sku, i64)],
    at: Timestamp,
) -> Result<(), LedgerError> {
    let told = told(quantities, at);
    let overtaken = begun_pushes::overtaken(tx, store, &skus(&told), at).await?;
    put_down(tx, store, told, &overtaken).await
}

/// Of a SKU that stands twice, the last was told last.
fn told(quantities: &[(Sku, i64)], at: Timestamp) -> BTreeMap<&Sku, Pushed> {
    quantities.iter().map(|(sku, units)| (sku, Pushed { units: *units, at })).collect()
}

fn skus(told: &BTreeMap<&Sku, Pushed>) -> Vec<Sku> {
    told.keys().map(|sku| (*sku).clone()).collect()
}

/// What the shop was told before counts again, where it is named.
pub(super) async fn not_pushed(
    tx: &mut Transaction,
    store: &StoreId,
    skus: &[(Sku, Option<Pushed>)],
    at: Timestamp,
) -> Result<(), LedgerError> {
    let told_before: BTreeMap<&Sku, Pushed> =
        skus.iter().filter_map(|(sku, before)| Some((sku, (*before)?))).collect();
    let skus: Vec<Sku> = skus.iter().map(|(sku, _)| sku.clone()).collect();
    let overtaken = begun_pushes::end(tx, store, &skus, at).await?;
    put_down(tx, store, told_before, &overtaken).await
}

/// By SKU, so that two pushes at once lock rows in the same order. What the shop was told later stands.
async fn put_down(
    tx: &mut Transaction,
    store: &StoreId,
    told: BTreeMap<&Sku, Pushed>,
    overtaken: &BTreeSet<Sku>,
) -> Result<(), LedgerError> {
    let told: Vec<(&Sku, Pushed)> = told.into_iter().filter(|(sku, _)| !overtaken.contains(sku)).collect();
    for told in told.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "INSERT INTO pushed (store, sku, units, at) VALUES {}
             ON CONFLICT (store, sku) DO UPDATE SET units = excluded.units, at = excluded.at
             WHERE pushed.at <= excluded.at",
            value_rows(1, told.len(), 4)
        );
        let mut upsert = tx.query(AssertSqlSafe(sql));
        for (sku, Pushed { units, at }) in told {
            upsert = upsert.bind(store.as_str()).bind(sku.as_str()).bind(*units).bind(Moment::from(*at));
        }
        upsert.execute().await?;
    }
    Ok(())
}

/// What the shop was told of these SKUs, or refused, counts no more.
pub(super) async fn forget(tx: &mut Transaction, store: &StoreId, skus: &[Sku]) -> Result<(), LedgerError> {
    forget_told(tx, store, skus).await?;
    refused::forgive_skus(tx, store, skus).await
}

/// What the shop was told of these SKUs counts no more. Returns it.
pub(super) async fn forget_told(
    tx: &mut Transaction,
    store: &StoreId,
    skus: &[Sku],
) -> Result<Vec<(Sku, Pushed)>, LedgerError> {
    let mut told = Vec::new();
    for skus in skus.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "DELETE FROM pushed WHERE store = $1 AND sku IN ({}) RETURNING sku, units, at",
            value_rows(2, skus.len(), 1)
        );
        let mut delete = tx.query(AssertSqlSafe(sql)).bind(store.as_str());
        for sku in skus {
            delete = delete.bind(sku.as_str());
        }
        for (sku, units, at) in delete.all::<(String, i64, Moment)>().await? {
            told.push((Sku::new(sku), Pushed { units, at: at.try_into()? }));
        }
    }
    Ok(told)
}

/// Units of these SKUs are on sale again that an order had of this shop. See [`crate::Judged::stock_push`]: what it was told of them, or
/// is being told at this moment, may count no more.
pub(super) async fn free(
    tx: &mut Transaction,
    store: &StoreId,
    stock_push: StockPush,
    skus: impl IntoIterator<Item = &Sku>,
) -> Result<(), LedgerError> {
    if stock_push != StockPush::Available {
        return Ok(());
    }
    let skus: Vec<Sku> = skus.into_iter().cloned().collect();
    // In this order: a push that ends meanwhile is seen by the one or the other.
    begun_pushes::overtake(tx, store, &skus).await?;
    forget_told(tx, store, &skus).await.map(drop)
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
