//! The timeline: telling, and reading it.

use crossdock_domain::{OrderId, StoreId};
use jiff::Timestamp;

use super::storable::{storable, timeline_key};
use crate::database::Transaction;
use crate::moment::Moment;
use crate::{Happening, LedgerError, TimelineEntry};

/// Adds a line. Returns whether it is new: the same key of the same order is told once.
pub(super) async fn tell(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
    happening: &Happening,
) -> Result<bool, LedgerError> {
    let added = tx
        .query(
            "INSERT INTO timeline (store, order_id, key, at, role, what, cause) VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT DO NOTHING",
        )
        .bind(store.as_str())
        .bind(order_id.as_str())
        .bind(timeline_key(&happening.key).as_ref())
        .bind(Moment::from(happening.at))
        .bind(happening.role)
        .bind(storable(&happening.what).as_ref())
        .bind(storable(&happening.cause).as_ref())
        .execute()
        .await?;
    Ok(added > 0)
}

pub(super) async fn told_at(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
    key: &str,
) -> Result<Option<Timestamp>, LedgerError> {
    let told = tx
        .query("SELECT at FROM timeline WHERE store = $1 AND order_id = $2 AND key = $3")
        .bind(store.as_str())
        .bind(order_id.as_str())
        .bind(timeline_key(key).as_ref())
        .optional::<(Moment,)>()
        .await?;
    told.map(|(at,)| at.try_into()).transpose()
}

#[derive(sqlx::FromRow)]
struct TimelineRow {
    at: Moment,
    role: String,
    what: String,
    cause: String,
}

pub(super) async fn timeline(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
) -> Result<Vec<TimelineEntry>, LedgerError> {
    let rows = tx
        .query(
            "SELECT at, role, what, cause FROM timeline WHERE store = $1 AND order_id = $2 ORDER BY at, id",
        )
        .bind(store.as_str())
        .bind(order_id.as_str())
        .all::<TimelineRow>()
        .await?;
    let entry = |row: TimelineRow| {
        Ok(TimelineEntry { at: row.at.try_into()?, role: row.role, what: row.what, cause: row.cause })
    };
    rows.into_iter().map(entry).collect()
}
