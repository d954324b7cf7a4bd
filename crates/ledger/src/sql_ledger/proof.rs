//! Up to which day a shop's orders are accounted for.

use crossdock_domain::StoreId;
use jiff::civil::Date;

use crate::LedgerError;
use crate::database::Transaction;
use crate::error::unreadable;

pub(super) async fn proved_day(tx: &mut Transaction, store: &StoreId) -> Result<Option<Date>, LedgerError> {
    let row = tx
        .query("SELECT proved_day FROM reconciled WHERE store = $1")
        .bind(store.as_str())
        .optional::<(Option<String>,)>()
        .await?;
    let day = row.and_then(|(day,)| day);
    day.map(|day| day.parse()).transpose().map_err(unreadable("proved day"))
}

pub(super) async fn keep_proved_day(
    tx: &mut Transaction,
    store: &StoreId,
    day: Date,
) -> Result<(), LedgerError> {
    tx.query(
        "INSERT INTO reconciled (store, proved_day) VALUES ($1, $2)
         ON CONFLICT (store) DO UPDATE SET proved_day = excluded.proved_day",
    )
    .bind(store.as_str())
    .bind(day.to_string())
    .execute()
    .await?;
    Ok(())
}
