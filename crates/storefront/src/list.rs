//! Lists of a shop's orders, a page at a time.

use crossdock_domain::OrderId;
use jiff::Timestamp;

/// Which orders are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Changed or placed at this moment or later.
    ModifiedSince(Timestamp),
    /// Placed in a span of time. An order whose date of placing cannot be read is listed too.
    Placed {
        /// The first moment.
        from: Timestamp,
        /// The first moment after it.
        until: Timestamp,
    },
}

/// Where the next page begins. It means something to the storefront that made it, and to nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    /// A place in the platform's own terms.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As the storefront wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In no particular order. May be empty although more pages follow.
    pub orders: Vec<ListedOrder>,
    /// Where the next page begins; none after the last one.
    pub next: Option<Place>,
}

/// An order of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedOrder {
    /// Which.
    pub order_id: OrderId,
    /// When it was placed; none if that cannot be read.
    pub placed_at: Option<Timestamp>,
    /// When it was last changed, to the second; none if that cannot be read.
    pub modified_at: Option<Timestamp>,
}
