//! An order's record.

use std::fmt;

use crossdock_domain::{OrderId, OrderNumber, Platform, ReleasedOrder, StoreId};
use jiff::Timestamp;
use serde::Serialize;

use crate::Happening;

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Kept out by a rule of the shop's settings; judged again when it changes.
    Filtered,
    /// Waits for a person; judged again when it changes.
    Held,
    /// Decided; its way to the warehouse is not confirmed yet.
    Releasing,
    /// On the warehouse's queue.
    Released,
    /// Taken over by the warehouse.
    Accepted,
    /// Refused by the warehouse.
    Rejected,
    /// Everything has left, and the shop knows it.
    Shipped,
}

impl OrderState {
    /// All of them, in the order in which an order goes through them.
    pub const ALL: [Self; 7] = [
        Self::Filtered,
        Self::Held,
        Self::Releasing,
        Self::Released,
        Self::Accepted,
        Self::Rejected,
        Self::Shipped,
    ];

    /// The name in the database and in listings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Filtered => "filtered",
            Self::Held => "held",
            Self::Releasing => "releasing",
            Self::Released => "released",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Shipped => "shipped",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl fmt::Display for OrderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What was decided about an order that was just read from its shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The configured shop.
    pub store: StoreId,
    /// Its platform.
    pub platform: Platform,
    /// The shop's own id.
    pub order_id: OrderId,
    /// The number that it has, or would have, at the warehouse.
    pub number: OrderNumber,
    /// When the buyer placed it.
    pub placed_at: Timestamp,
    /// When the shop last changed it.
    pub modified_at: Timestamp,
    /// Its status at the shop, in the shop's words.
    pub shop_status: String,
    /// What was decided.
    pub verdict: Verdict,
    /// How the timeline tells it.
    pub happening: Happening,
}

/// A decision, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// To the warehouse, like this.
    Release(Box<ReleasedOrder>),
    /// Waits for a person.
    Hold {
        /// For what.
        reason: String,
    },
    /// Kept out.
    Filter {
        /// Rule and value, for example `country: US`.
        reason: String,
    },
}

/// Longest that one process may take to release an order, in seconds: publishing and its waits. Then another one may do it.
pub const RELEASE_SECS_MAX: i64 = 30;

/// What is to be done after a decision is put down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextStep {
    /// Publish this order (as it was first decided) within [`RELEASE_SECS_MAX`], then call [`crate::Ledger::released`].
    /// Nobody else is told to until that time is over.
    Release(Box<ReleasedOrder>),
    /// Somebody is releasing it: judge again at this moment, in case they died.
    Wait {
        /// When their time is over.
        until: Timestamp,
    },
    /// Nothing.
    Nothing,
}

/// The warehouse's answer to a released order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Taken over.
    Accepted,
    /// Refused.
    Rejected {
        /// Why, in words that a merchant understands.
        reason: String,
    },
}

/// An order as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderRecord {
    /// The configured shop.
    pub store: StoreId,
    /// Its platform.
    pub platform: Platform,
    /// The shop's own id.
    pub order_id: OrderId,
    /// The number at the warehouse.
    pub number: OrderNumber,
    /// How far it has come.
    pub state: OrderState,
    /// Why it is held, filtered or rejected; empty otherwise.
    pub reason: String,
    /// Its status at the shop when it was last read.
    pub shop_status: String,
    /// When the buyer placed it.
    pub placed_at: Timestamp,
    /// When the shop last changed it, as far as we have read.
    pub modified_at: Timestamp,
    /// The order as released; none before that.
    pub released: Option<ReleasedOrder>,
}

/// Which orders to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrdersWanted {
    /// Only of this shop.
    pub store: Option<StoreId>,
    /// Only in this state.
    pub state: Option<OrderState>,
    /// At most so many.
    pub limit: u32,
}
