//! An order as the warehouse gets it. Part of the wire contract: its fields and their names are fixed.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Address, LineId, Money, OrderId, OrderNumber, Sku, StoreId};

/// The kind of shop that an order comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// BigCommerce.
    Bigcommerce,
    /// Ecwid by Lightspeed.
    Ecwid,
}

impl Platform {
    /// The name in routes, events and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bigcommerce => "bigcommerce",
            Self::Ecwid => "ecwid",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The whole order, as released to the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReleasedOrder {
    /// The warehouse's number: prefix and order id.
    pub number: OrderNumber,
    /// The configured shop.
    pub store: StoreId,
    /// Its platform.
    pub platform: Platform,
    /// The shop's own id.
    pub order_id: OrderId,
    /// Runs through everything but is never dispatched.
    pub test: bool,
    /// When the buyer placed it, UTC.
    pub placed_at: Timestamp,
    /// ISO 4217.
    pub currency: String,
    /// Where it goes.
    pub ship_to: Address,
    /// Shipping method as the buyer saw it.
    pub shipping_method: String,
    /// The buyer collects it.
    pub pickup: bool,
    /// What the buyer wrote.
    pub customer_note: String,
    /// What to pack: at least one line.
    pub lines: Vec<OrderLine>,
    /// What the buyer pays, tax included.
    pub total: Money,
}

impl ReleasedOrder {
    /// What of this order a warehouse that has `former` must be told: the names of the fields that changed, none if nothing
    /// that matters to packing and shipping did. Prices and product names do not.
    pub fn changes_since(&self, former: &Self) -> Vec<&'static str> {
        let packed = |order: &Self| {
            let mut lines: Vec<_> = order
                .lines
                .iter()
                .map(|line| (line.sku.clone(), line.options.clone(), line.quantity))
                .collect();
            lines.sort();
            lines
        };
        let fields = [
            ("ship_to", self.ship_to != former.ship_to),
            ("shipping_method", self.shipping_method != former.shipping_method),
            ("pickup", self.pickup != former.pickup),
            ("customer_note", self.customer_note != former.customer_note),
            ("test", self.test != former.test),
            ("lines", packed(self) != packed(former)),
        ];
        fields.into_iter().filter_map(|(name, changed)| changed.then_some(name)).collect()
    }
}

/// One line to pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderLine {
    /// The shop's id of the line.
    pub line_id: LineId,
    /// What to pick.
    pub sku: Sku,
    /// Name as the buyer saw it.
    pub name: String,
    /// Units.
    pub quantity: u32,
    /// Price of one unit, as the shop shows it: with tax at BigCommerce, and at Ecwid where the shop's prices have it.
    pub unit_price: Money,
    /// The options that the shop's settings name (`product_options`).
    pub options: BTreeMap<String, String>,
}
