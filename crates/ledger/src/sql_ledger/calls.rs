//! The count of requests to shops that tell no quota.

use crossdock_domain::StoreId;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

use crate::LedgerError;
use crate::database::Transaction;
use crate::error::unreadable;
use crate::moment::{Moment, latest_believed};

pub(super) async fn take(
    tx: &mut Transaction,
    store: &StoreId,
    at: Timestamp,
    since: Timestamp,
    wanted: u32,
    most: u32,
) -> Result<u32, LedgerError> {
    lock(tx, store).await?;
    tx.query("DELETE FROM calls WHERE store = $1 AND taken_at > $2 AND (taken_at <= $3 OR taken_at > $4)")
        .bind(store.as_str())
        .bind(LOCK_ROW)
        .bind(Moment::from(since))
        .bind(Moment::from(latest_believed(at)))
        .execute()
        .await?;
    let counted = tx
        .query("SELECT CAST(COALESCE(SUM(taken), 0) AS BIGINT) FROM calls WHERE store = $1")
        .bind(store.as_str())
        .optional::<(i64,)>()
        .await?;
    let counted = u32::try_from(counted.map_or(0, |(sum,)| sum)).map_err(unreadable("count of requests"))?;
    let granted = wanted.min(most.saturating_sub(counted));
    if granted > 0 {
        tx.query(
            "INSERT INTO calls (store, taken_at, taken) VALUES ($1, $2, $3)
             ON CONFLICT (store, taken_at) DO UPDATE SET taken = calls.taken + excluded.taken",
        )
        .bind(store.as_str())
        .bind(Moment::from(whole_second(at)))
        .bind(i64::from(granted))
        .execute()
        .await?;
    }
    Ok(granted)
}

/// A row with nothing in it, long before any request.
const LOCK_ROW: i64 = 0;

/// One process at a time counts a shop's requests: each changes this row first, and so waits for the others.
async fn lock(tx: &mut Transaction, store: &StoreId) -> Result<(), LedgerError> {
    tx.query(
        "INSERT INTO calls (store, taken_at, taken) VALUES ($1, $2, 0)
         ON CONFLICT (store, taken_at) DO UPDATE SET taken = 0",
    )
    .bind(store.as_str())
    .bind(LOCK_ROW)
    .execute()
    .await?;
    Ok(())
}

/// The next whole second: a request is never forgotten early.
fn whole_second(at: Timestamp) -> Timestamp {
    let up = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil);
    at.round(up).unwrap_or(at)
}
