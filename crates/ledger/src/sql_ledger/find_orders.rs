//! Orders by number, by name, and in lists.

use crossdock_domain::{OrderId, OrderNumber, StoreId};

use super::order_row::OrderRow;
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::database::{Query, STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::error::unreadable;
use crate::moment::Moment;
use crate::{KnownOrder, LedgerError, OrderRecord, OrderState, OrdersWanted};

pub(super) async fn by_number(
    tx: &mut Transaction,
    number: &OrderNumber,
) -> Result<Option<OrderRecord>, LedgerError> {
    let row = OrderRow::select(tx, "WHERE number = $1").bind(number.as_str()).optional::<OrderRow>().await?;
    row.map(OrderRow::into_record).transpose()
}

pub(super) async fn named(tx: &mut Transaction, text: &str) -> Result<Vec<OrderRecord>, LedgerError> {
    let condition = "WHERE number = $1 OR order_id = $1 ORDER BY placed_at DESC, store, order_id";
    records(OrderRow::select(tx, condition).bind(text).all().await?)
}

pub(super) async fn unrecorded_named(
    tx: &mut Transaction,
    order_id: &str,
) -> Result<Vec<(StoreId, OrderId)>, LedgerError> {
    let rows = tx
        .query(
            "SELECT DISTINCT store, order_id FROM timeline
             WHERE order_id = $1 AND NOT EXISTS (
                 SELECT 1 FROM orders WHERE orders.store = timeline.store AND orders.order_id = timeline.order_id
             )
             ORDER BY store",
        )
        .bind(order_id)
        .all::<(String, String)>()
        .await?;
    let order = |(store, order_id)| {
        Ok((StoreId::try_from(store).map_err(unreadable("store id"))?, OrderId::new(order_id)))
    };
    rows.into_iter().map(order).collect()
}

pub(super) async fn wanted(
    tx: &mut Transaction,
    wanted: &OrdersWanted,
) -> Result<Vec<OrderRecord>, LedgerError> {
    let (filter, limit) = (filter(wanted), wanted.limit);
    let condition = format!("{filter} ORDER BY placed_at DESC, store, order_id LIMIT {limit}");
    records(bind_filter(OrderRow::select(tx, &condition), wanted).all().await?)
}

pub(super) async fn count(tx: &mut Transaction, wanted: &OrdersWanted) -> Result<u64, LedgerError> {
    let sql = format!("SELECT COUNT(*) FROM orders {}", filter(wanted));
    let count = bind_filter(tx.query(AssertSqlSafe(sql)), wanted).optional::<(i64,)>().await?;
    count.map_or(Ok(0), |(count,)| u64::try_from(count)).map_err(unreadable("count of orders"))
}

/// A text of its own for each filter: with `$1 IS NULL OR store = $1`, neither engine uses the index that fits.
fn filter(wanted: &OrdersWanted) -> &'static str {
    match (&wanted.store, wanted.state) {
        (None, None) => "",
        (Some(_), None) => "WHERE store = $1",
        (None, Some(_)) => "WHERE state = $1",
        (Some(_), Some(_)) => "WHERE store = $1 AND state = $2",
    }
}

fn bind_filter<'c>(query: Query<'c>, wanted: &OrdersWanted) -> Query<'c> {
    let query = wanted.store.iter().fold(query, |query, store| query.bind(store.as_str()));
    wanted.state.iter().fold(query, |query, state| query.bind(state.as_str()))
}

pub(super) async fn of_ids(
    tx: &mut Transaction,
    store: &StoreId,
    ids: &[OrderId],
) -> Result<Vec<OrderRecord>, LedgerError> {
    let mut found = Vec::new();
    for ids in ids.chunks(STATEMENT_ROWS_MAX) {
        let condition = format!("WHERE store = $1 AND order_id IN ({})", value_rows(2, ids.len(), 1));
        let query = OrderRow::select(tx, &condition).bind(store.as_str());
        let query = ids.iter().fold(query, |query, id| query.bind(id.as_str()));
        found.extend(records(query.all().await?)?);
    }
    Ok(found)
}

#[derive(sqlx::FromRow)]
struct KnownRow {
    order_id: String,
    state: String,
    modified_at: Moment,
    read_at: Option<Moment>,
}

pub(super) async fn known(
    tx: &mut Transaction,
    store: &StoreId,
    ids: &[OrderId],
) -> Result<Vec<KnownOrder>, LedgerError> {
    let mut known = Vec::new();
    for ids in ids.chunks(STATEMENT_ROWS_MAX) {
        let sql = format!(
            "SELECT order_id, state, modified_at, read_at FROM orders WHERE store = $1 AND order_id IN ({})",
            value_rows(2, ids.len(), 1)
        );
        let query = ids
            .iter()
            .fold(tx.query(AssertSqlSafe(sql)).bind(store.as_str()), |query, id| query.bind(id.as_str()));
        for row in query.all::<KnownRow>().await? {
            let state =
                OrderState::named(&row.state).ok_or(row.state).map_err(unreadable("order's state"))?;
            let (order_id, modified_at) = (OrderId::new(row.order_id), row.modified_at.try_into()?);
            let read_at = row.read_at.map(Timestamp::try_from).transpose()?;
            known.push(KnownOrder { order_id, state, modified_at, read_at });
        }
    }
    Ok(known)
}

fn records(rows: Vec<OrderRow>) -> Result<Vec<OrderRecord>, LedgerError> {
    rows.into_iter().map(OrderRow::into_record).collect()
}
