//! The row of an order, and the record that it is.

use crossdock_domain::{OrderId, OrderNumber, Platform, StoreId};
use jiff::Timestamp;

use crate::database::{Query, Transaction};
use crate::error::unreadable;
use crate::moment::{Moment, latest_believed};
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
    read_at: Option<Moment>,
    due_at: Option<Moment>,
    released: Option<String>,
    round: i64,
    untold: Option<String>,
    changed: Option<String>,
    releasing_until: Option<Moment>,
}

/// An order, and what the warehouse was told of it.
pub(super) struct Standing {
    pub(super) order: OrderRecord,
    /// How often the warehouse had to be told something.
    pub(super) round: u32,
    /// What it is still to be told, or what is in doubt.
    pub(super) untold: Option<Untold>,
    /// Until when that is one process's to tell.
    pub(super) telling_until: Option<Timestamp>,
    /// When the reading that stands began.
    pub(super) read_at: Option<Timestamp>,
}

impl Standing {
    /// Whether what stands was read later than this reading, which is judged `now`.
    pub(super) fn is_newer_than(&self, modified_at: Timestamp, read_at: Timestamp, now: Timestamp) -> bool {
        let believed = self.read_at.filter(|stands| *stands <= latest_believed(now));
        let read_before = believed.is_some_and(|stands| read_at < stands);
        modified_at < self.order.modified_at || modified_at == self.order.modified_at && read_before
    }
}

/// What the warehouse is still to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Untold {
    Release,
    Amend { changed: Vec<String> },
    Cancel,
}

impl Untold {
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Amend { .. } => "amend",
            Self::Cancel => "cancel",
        }
    }

    /// The fields of an amendment, as the column keeps them.
    pub(super) fn changed(&self) -> Result<Option<String>, LedgerError> {
        match self {
            Self::Amend { changed } => {
                serde_json::to_string(changed).map(Some).map_err(unreadable("changed fields"))
            }
            Self::Release | Self::Cancel => Ok(None),
        }
    }
}

impl OrderRow {
    /// The start of a SELECT of these rows.
    const SELECT: &str = "SELECT store, order_id, platform, number, state, reason, shop_status, placed_at, modified_at, \
                          read_at, due_at, released, round, untold, changed, releasing_until FROM orders";

    /// Orders that meet a condition.
    pub(super) fn select<'t>(tx: &'t mut Transaction, condition: &str) -> Query<'t> {
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
        let held_until = self.due_at.filter(|_| state == OrderState::Held);
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
            held_until: held_until.map(Timestamp::try_from).transpose()?,
            released: released.map_err(unreadable("released order"))?,
        })
    }

    fn into_standing(self) -> Result<Standing, LedgerError> {
        let changed = self.changed.as_deref().map(serde_json::from_str).transpose();
        let changed: Vec<String> = changed.map_err(unreadable("changed fields"))?.unwrap_or_default();
        let untold = match self.untold.as_deref() {
            // Put down by a version that had no column for it.
            None if self.state == OrderState::Releasing.as_str() => Some(Untold::Release),
            None => None,
            Some("release") => Some(Untold::Release),
            Some("amend") => Some(Untold::Amend { changed }),
            Some("cancel") => Some(Untold::Cancel),
            Some(other) => return Err(unreadable("telling")(other.to_owned())),
        };
        Ok(Standing {
            // What was released by such a version was told once at least.
            round: u32::try_from(self.round)
                .map_err(unreadable("round"))?
                .max(self.released.is_some().into()),
            untold,
            telling_until: self.releasing_until.map(Timestamp::try_from).transpose()?,
            read_at: self.read_at.map(Timestamp::try_from).transpose()?,
            order: self.into_record()?,
        })
    }
}

/// The order of this id; kept from other transactions until the end of this one.
pub(super) async fn lock(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
) -> Result<Option<Standing>, LedgerError> {
    let row = OrderRow::select_and_lock(tx, "WHERE store = $1 AND order_id = $2")
        .bind(store.as_str())
        .bind(order_id.as_str());
    row.optional::<OrderRow>().await?.map(OrderRow::into_standing).transpose()
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
