//! An order as its shop has it now, without the vendor's shapes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{Address, LineId, Money, OrderId, Sku};

/// An order read from a shop. Both platforms' orders are mapped to this before any rule looks at them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopOrder {
    /// The shop's own id of the order.
    pub order_id: OrderId,
    /// When the buyer placed it.
    pub placed_at: Timestamp,
    /// When the shop last changed it. Only as fine as the shop's clock (one second).
    pub modified_at: Timestamp,
    /// Its status or statuses.
    pub status: ShopStatus,
    /// Sales channel (BigCommerce); none where the platform has no channels.
    pub channel: Option<i64>,
    /// ISO 4217.
    pub currency: String,
    /// Where it goes; none for an order with nothing to ship.
    pub ship_to: Option<Address>,
    /// How many different addresses it goes to. The warehouse takes orders with one.
    pub destinations: usize,
    /// Shipping method as the buyer saw it.
    pub shipping_method: String,
    /// The buyer collects it.
    pub pickup: bool,
    /// What the buyer wrote.
    pub customer_note: String,
    /// All lines, also those that are not shipped.
    pub lines: Vec<ShopLine>,
    /// What the buyer pays, tax included.
    pub total: Money,
}

/// One line of a shop's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopLine {
    /// The shop's id of the line.
    pub line_id: LineId,
    /// The line of the kit that it is a part of, where the shop says so.
    pub part_of: Option<LineId>,
    /// SKU of the chosen variant; empty where the shop has none.
    pub sku: Sku,
    /// Name as the buyer saw it.
    pub name: String,
    /// Units still wanted: ordered less refunded.
    pub quantity: u32,
    /// Units that have left already, by whoever shipped them.
    pub shipped: u32,
    /// Price of one unit, as the shop shows it: with tax where its prices have it.
    pub unit_price: Money,
    /// Chosen options by display name, all of them; the shop's settings choose which go to the warehouse.
    pub options: BTreeMap<String, String>,
    /// Whether something is put in a parcel: not for downloads and gift certificates.
    pub shippable: bool,
}

impl ShopLine {
    /// Whether units of it go into a parcel.
    pub fn is_packed(&self) -> bool {
        self.shippable && self.quantity > 0
    }
}

/// An order's status, in the platform's own words as the settings spell them.
///
/// BigCommerce has one status (`awaiting_fulfillment`), Ecwid has two (`PAID`, `AWAITING_PROCESSING`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShopStatus {
    /// BigCommerce: one of [`crate::BIGCOMMERCE_STATUSES`] by name, or `status_<id>` for an id that is not in it.
    Order(String),
    /// Ecwid: payment and fulfilment, upper case.
    PaymentAndFulfillment {
        /// One of [`crate::ECWID_PAYMENT_STATUSES`].
        payment: String,
        /// One of [`crate::ECWID_FULFILLMENT_STATUSES`].
        fulfillment: String,
    },
}

impl ShopStatus {
    /// Why nothing of such an order is to be packed, whatever a shop's settings say; none if it may be.
    ///
    /// A partly refunded order is not cancelled: its lines say what is still wanted.
    pub fn cancellation(&self) -> Option<String> {
        let ended = match self {
            Self::Order(status) => {
                ["cancelled", "declined", "refunded"].contains(&status.as_str()).then_some(status)
            }
            Self::PaymentAndFulfillment { payment, fulfillment } => {
                let unpaid = ["CANCELLED", "REFUNDED"].contains(&payment.as_str()).then_some(payment);
                unpaid.or_else(|| (fulfillment == "WILL_NOT_DELIVER").then_some(fulfillment))
            }
        };
        ended.map(|status| format!("{status} at the shop"))
    }

    /// Whether the shop may have put the order's goods on sale again by itself: it was cancelled, paid back or sent back.
    ///
    /// Ecwid does so for cancelled orders (its help for merchants, seen 2026-11-20); of all else, and of BigCommerce, nothing is documented.
    pub fn may_give_back(&self) -> bool {
        let ended = match self {
            Self::Order(status) => status == "partially_refunded",
            Self::PaymentAndFulfillment { payment, fulfillment } => {
                payment == "PARTIALLY_REFUNDED" || fulfillment == "RETURNED"
            }
        };
        ended || self.cancellation().is_some()
    }

    /// Whether the buyer has ordered, nothing has left, and the order has not ended: it waits for its payment, for a check, or for its
    /// turn. The shop offers its goods to nobody else meanwhile.
    ///
    /// Source: the platforms' descriptions of their statuses (BigCommerce's `pending` and Ecwid's `INCOMPLETE` are checkouts that were not
    /// completed), 2026-11-23. Of custom fulfilment statuses nobody knows whether the goods are still there.
    pub fn waits(&self) -> bool {
        match self {
            Self::Order(status) => [
                "awaiting_payment",
                "manual_verification_required",
                "awaiting_fulfillment",
                "awaiting_shipment",
            ]
            .contains(&status.as_str()),
            Self::PaymentAndFulfillment { payment, fulfillment } => {
                payment != "INCOMPLETE"
                    && self.cancellation().is_none()
                    && ["AWAITING_PROCESSING", "PROCESSING"].contains(&fulfillment.as_str())
            }
        }
    }
}

impl std::fmt::Display for ShopStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Order(status) => f.write_str(status),
            Self::PaymentAndFulfillment { payment, fulfillment } => write!(f, "{payment}/{fulfillment}"),
        }
    }
}
