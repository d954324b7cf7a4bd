//! What a sandbox run saw.

use crossdock_domain::{OrderId, OrderNumber, StoreId};
use serde::Serialize;

use super::Fate;

/// The whole run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Every order that was placed, in that order.
    pub orders: Vec<OrderRow>,
    /// Every SKU that a shop tracks and is told of.
    pub stock: Vec<StockRow>,
    /// What should be otherwise, a sentence each.
    pub missing: Vec<String>,
}

impl Report {
    /// Whether everything that was expected has happened, and nothing else.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderRow {
    /// Where it was placed.
    pub store: StoreId,
    /// The shop's id of it.
    pub order_id: OrderId,
    /// The number under which the warehouse should know it.
    pub number: OrderNumber,
    /// What should become of it by the shop's settings.
    pub expected: Fate,
    /// How often it was released to the warehouse.
    pub received: usize,
    /// The tracking number at the shop; several are joined by a comma.
    pub tracking_number: Option<String>,
    /// Its status at the shop, in the shop's words; Ecwid's two are joined by a slash.
    pub shop_status: String,
    /// From its placing until all that was expected of it had happened, in milliseconds; none: it has not, or nothing was.
    pub took_ms: Option<u64>,
}

/// The stock of one SKU at one shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StockRow {
    /// Where.
    pub store: StoreId,
    /// What.
    pub sku: String,
    /// Units that the shop should show by its settings, after all that was sold has left.
    pub expected: i64,
    /// Units that it shows; none: it does not track the SKU any more.
    pub shop_has: Option<i64>,
}

impl StockRow {
    /// What is not as expected, in a sentence.
    pub(super) fn missing(&self) -> Option<String> {
        let Self { store, sku, expected, shop_has } = self;
        match shop_has {
            Some(units) if units == expected => None,
            Some(units) => Some(format!("{store}: stock of {sku} is {units}, not {expected}")),
            None => Some(format!("{store}: stock of {sku} is not tracked any more")),
        }
    }
}
