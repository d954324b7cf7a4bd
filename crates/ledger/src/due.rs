//! An order that is to be looked at again.

use crossdock_domain::{OrderId, StoreId};
use jiff::Timestamp;

/// Shortest time after which an order that stays held is due again, in seconds: a decision takes a moment.
pub(crate) const DUE_AGAIN_SECS_MIN: i64 = 60;

/// Longest time after which an order that stays held is due again, in seconds.
pub(crate) const DUE_AGAIN_SECS_MAX: i64 = 60 * 60;

/// A held order whose hour has come, or one of which the warehouse was to be told something and nobody has told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueOrder {
    /// The configured shop.
    pub store: StoreId,
    /// The shop's own id.
    pub order_id: OrderId,
    /// When its time came.
    pub due_at: Timestamp,
}
