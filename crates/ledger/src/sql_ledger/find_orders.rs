//! Orders by number, by name, and in lists.

use crossdock_domain::{OrderId, OrderNumber, StoreId};

use super::order_row::OrderRow;
use crate::database::Transaction;
use crate::error::unreadable;
use crate::{LedgerError, OrderRecord, OrderState, OrdersWanted};

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
    let condition = "WHERE ($1 IS NULL OR store = $1) AND ($2 IS NULL OR state = $2)
                     ORDER BY placed_at DESC, store, order_id LIMIT $3";
    let query = OrderRow::select(tx, condition)
        .bind(wanted.store.as_ref().map(StoreId::as_str))
        .bind(wanted.state.map(OrderState::as_str))
        .bind(i64::from(wanted.limit));
    records(query.all().await?)
}

fn records(rows: Vec<OrderRow>) -> Result<Vec<OrderRecord>, LedgerError> {
    rows.into_iter().map(OrderRow::into_record).collect()
}
