//! The row of an order, and the record that it is.

use crossdock_domain::{OrderId, OrderNumber, Platform, StoreId};

use crate::database::{Query, Transaction};
use crate::error::unreadable;
use crate::moment::Moment;
use crate::{LedgerError, OrderRecord, OrderState};

#[derive(sqlx::FromRow)]
pub(super) struct OrderRow {
    store: String,
    order_id: String,
    platform: String,
    number: String,
    state: String,
    reason: String,
    shop_status: String,
    placed_at: Moment,
    modified_at: Moment,
    released: Option<String>,
}

impl OrderRow {
    /// The start of a SELECT of these rows.
    const SELECT: &str = "SELECT store, order_id, platform, number, state, reason, shop_status, placed_at, modified_at, \
                          released FROM orders";

    /// Orders that meet a condition.
    pub(super) fn select<'t>(tx: &'t mut Transaction, condition: &'static str) -> Query<'t> {
        tx.query(sqlx::AssertSqlSafe(format!("{} {condition}", Self::SELECT)))
    }

    /// Orders that meet a condition, kept from other transactions until the end of this one.
    pub(super) fn select_and_lock<'t>(tx: &'t mut Transaction, condition: &'static str) -> Query<'t> {
        tx.query_and_lock(format!("{} {condition}", Self::SELECT))
    }

    pub(super) fn into_record(self) -> Result<OrderRecord, LedgerError> {
        let state = OrderState::named(&self.state).ok_or(self.state).map_err(unreadable("order's state"))?;
        let platform =
            [Platform::Bigcommerce, Platform::Ecwid].into_iter().find(|one| one.as_str() == self.platform);
        let released = self.released.as_deref().map(serde_json::from_str).transpose();
        Ok(OrderRecord {
            store: StoreId::try_from(self.store).map_err(unreadable("store id"))?,
            platform: platform.ok_or(self.platform).map_err(unreadable("platform"))?,
            order_id: OrderId::new(self.order_id),
            number: OrderNumber::new(self.number),
            state,
            reason: self.reason,
            shop_status: self.shop_status,
            placed_at: self.placed_at.try_into()?,
            modified_at: self.modified_at.try_into()?,
            released: released.map_err(unreadable("released order"))?,
        })
    }
}

/// The order of this number, if it was ever released; kept from other transactions until the end of this one.
pub(super) async fn lock_released(
    tx: &mut Transaction,
    number: &OrderNumber,
) -> Result<Option<OrderRecord>, LedgerError> {
    let row =
        OrderRow::select_and_lock(tx, "WHERE number = $1 AND released IS NOT NULL").bind(number.as_str());
    row.optional::<OrderRow>().await?.map(OrderRow::into_record).transpose()
}
