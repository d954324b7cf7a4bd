//! An order's record, what was decided about it, and what the warehouse is to be told.

use std::cmp::Ordering;
use std::fmt;

use crossdock_domain::{OrderId, OrderNumber, Platform, ReleasedOrder, Sku, StockPush, StoreId, Unfit};
use jiff::Timestamp;
use serde::Serialize;

use crate::Happening;

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Kept out by a rule of the shop's settings; judged again when it changes.
    Filtered,
    /// Waits for a person or an hour; judged again when it changes, or when the hour has come.
    Held,
    /// The shop does not want it packed any more. The warehouse was told so if it had the order.
    Cancelled,
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
    pub const ALL: [Self; 8] = [
        Self::Filtered,
        Self::Held,
        Self::Cancelled,
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
            Self::Cancelled => "cancelled",
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
    /// What was decided, as if the warehouse did not have it yet.
    pub verdict: Verdict,
    /// How it would go to the warehouse now, whatever the verdict.
    pub shape: Result<Box<ReleasedOrder>, Unfit>,
    /// Units by SKU that are kept for it while it is not released, whatever its shape.
    pub kept: Vec<(Sku, u32)>,
    /// SKUs that the shop may have put on sale again by itself when the order came to its status.
    pub given_back: Vec<Sku>,
    /// What the shop is told of its stock. One that is told what is available is told anew of SKUs of which the order gives units up, or
    /// the shop may have given them back: it took them off when the order was placed, and what it has by now nobody knows. One that is
    /// told what is on hand keeps its own books of that.
    pub stock_push: StockPush,
    /// When its reading began. Of two readings that saw the same `modified_at`, the later began later.
    pub read_at: Timestamp,
    /// Whether it is to go again if the warehouse had refused it, changed or not, as soon as a verdict lets it.
    pub again: bool,
    /// How the timeline tells it.
    pub happening: Happening,
    /// What led to the judging, told before it: each notice of the shop, once.
    pub notices: Vec<Happening>,
}

/// A decision, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// To the warehouse, like this.
    Release(Box<ReleasedOrder>),
    /// Waits.
    Hold {
        /// For what.
        reason: String,
        /// When it is judged again; none: when a person has changed something.
        until: Option<Timestamp>,
    },
    /// Kept out.
    Filter {
        /// Rule and value, for example `country: US`.
        reason: String,
    },
    /// Not wanted any more.
    Cancel {
        /// Why.
        reason: String,
    },
}

/// Longest that one process may take to tell the warehouse something, in seconds: publishing and its waits. Then another one
/// may do it.
pub const RELEASE_SECS_MAX: i64 = 30;

/// What is to be done after a decision is put down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextStep {
    /// Tell the warehouse this within [`RELEASE_SECS_MAX`], then call [`crate::Ledger::told`]. Nobody else is told to until that
    /// time is over.
    Tell(Telling),
    /// Somebody is telling the warehouse something of it: come back soon, in case they died.
    Wait,
    /// Of these SKUs something else is kept for it than before (it is held as of this decision, was changed while it is, or is held no
    /// more), or the shop may have put them on sale again. Nothing is to be told to the warehouse.
    Promised(Vec<Sku>),
    /// Nothing.
    Nothing,
}

impl NextStep {
    pub(crate) fn promised(skus: Vec<Sku>) -> Self {
        if skus.is_empty() { Self::Nothing } else { Self::Promised(skus) }
    }
}

/// Something that the warehouse is to be told of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// The order's number at the warehouse.
    pub number: OrderNumber,
    /// How many-th thing it is that the warehouse is told of this order, from 1. The same round always says the same.
    pub round: u32,
    /// Whether it was begun before, and may have been told: the decision that led here was not looked at.
    pub again: bool,
    /// What.
    pub news: News,
    /// SKUs that are to be compared with what the shops were told, beside those that the news names: a release's that were kept for the
    /// order until now, and those that its shop may have given back.
    pub freed: Vec<Sku>,
}

impl Telling {
    /// The event's id: however often it is published, it is the same. The first is the order's number alone.
    pub fn event_id(&self) -> String {
        if self.round == 1 { self.number.to_string() } else { format!("{}/{}", self.number, self.round) }
    }
}

/// What the warehouse is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Pack this.
    Released(Box<ReleasedOrder>),
    /// It has changed: this is how it is now.
    Amended {
        /// The whole order.
        order: Box<ReleasedOrder>,
        /// Names of the fields that changed.
        changed: Vec<String>,
    },
    /// Do not pack it.
    Cancelled {
        /// Why.
        reason: String,
    },
}

/// An order that has a record: how far it has come, and how new our knowledge of it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownOrder {
    /// The shop's own id.
    pub order_id: OrderId,
    /// How far it has come.
    pub state: OrderState,
    /// When the shop last changed it, as far as we have read.
    pub modified_at: Timestamp,
    /// When that reading began; none if a version read it that did not say.
    pub read_at: Option<Timestamp>,
}

/// How long after a shop's `modified_at` an order may still change under the same one, in seconds: shops know whole seconds, and their
/// clocks and ours differ by parts of one.
const SAME_SECOND_SECS: i64 = 2;

impl KnownOrder {
    /// Whether the order was read as the shop has it, if the shop changed it at `modified_at` last.
    pub fn is_as_of(&self, modified_at: Timestamp) -> bool {
        let after_that_second =
            |read_at: Timestamp| read_at.duration_since(modified_at).as_secs() >= SAME_SECOND_SECS;
        match self.modified_at.cmp(&modified_at) {
            Ordering::Less => false,
            Ordering::Equal => self.read_at.is_none_or(after_that_second),
            Ordering::Greater => true,
        }
    }
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
        /// SKUs that it does not know: once it knows them all, the order is released again.
        unknown_skus: Vec<Sku>,
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
    /// Why it is held, filtered, cancelled or rejected; empty otherwise.
    pub reason: String,
    /// Its status at the shop when it was last read.
    pub shop_status: String,
    /// When the buyer placed it.
    pub placed_at: Timestamp,
    /// When the shop last changed it, as far as we have read.
    pub modified_at: Timestamp,
    /// When a held order is judged again; none if a person must change something first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
    /// The order as the warehouse has it; none before its release.
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
