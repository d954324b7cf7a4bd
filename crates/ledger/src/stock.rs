//! What is known of a SKU's stock, and of where shops list it.

use crossdock_domain::{OrderId, OrderNumber, Promised, Sku, StockLevel, StoreId};
use jiff::Timestamp;
use serde::Serialize;

use crate::OrderState;

/// A counted SKU, as one shop's push needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockLine {
    /// The newest count.
    pub level: StockLevel,
    /// When it was made.
    pub counted_at: Timestamp,
    /// What was sold and still on the shelf when it was counted, over all shops, test orders left out.
    pub promised: Promised,
    /// What this shop was last told, wherever it lists it and does not refuse it.
    pub pushed: Option<Pushed>,
    /// The listings of which this shop refused the quantity for good.
    pub refused: Vec<Refused>,
    /// When the oldest push of it to this shop began of which it is not known whether it has arrived; none if there is none. It may
    /// arrive yet, after a newer one.
    pub in_doubt_since: Option<Timestamp>,
}

/// What a shop was last told of a SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pushed {
    /// Units that it may sell.
    pub units: i64,
    /// When it took that.
    pub at: Timestamp,
}

/// A listing of which a shop refused the quantity for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The shop's id of the product.
    pub product_id: String,
    /// The shop's id of the variant; none where the product itself is sold.
    pub variant_id: Option<String>,
    /// In the shop's own words.
    pub why: String,
    /// When.
    pub at: Timestamp,
}

/// An order's share in what is promised of a SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromisedTo {
    /// What is promised.
    pub sku: Sku,
    /// The configured shop.
    pub store: StoreId,
    /// The shop's own id.
    pub order_id: OrderId,
    /// The number that the order has, or would have, at the warehouse.
    pub number: OrderNumber,
    /// How far the order has come.
    pub state: OrderState,
    /// How many were still on the shelf when the SKU was counted.
    pub units: i64,
}

/// How far the reading of a shop's catalogue has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// When the last whole reading began; none if there is none to rely on.
    pub as_of: Option<Timestamp>,
    /// The reading that is under way.
    pub reading: Option<Reading>,
}

/// A reading of a shop's catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// When it began.
    pub began_at: Timestamp,
    /// Where it goes on, in the platform's own terms; none: at the beginning.
    pub place: Option<String>,
}

/// A shop told that a product changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductTold {
    /// The product.
    pub product_id: String,
    /// The event that tells it: the same where a shop, or the queue, tells it again. Unsure whether BigCommerce's differ within one second.
    pub event_id: String,
}
