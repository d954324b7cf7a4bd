//! Which of a shop's orders go to the warehouse, and in what shape.

mod kits;

use std::fmt;

use jiff::Timestamp;

use crate::{
    Address, OrderLine, OrderNumber, Platform, ReleasedOrder, ShopLine, ShopOrder, ShopStatus, Sku, StoreId,
};

pub use kits::Kits;

/// A shop's rules for its orders. An empty list lets everything through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRules {
    /// The configured shop.
    pub store: StoreId,
    /// Its platform.
    pub platform: Platform,
    /// Put before the order's id to make the warehouse's number.
    pub prefix: String,
    /// Orders placed before this moment stay out.
    pub placed_from: Option<Timestamp>,
    /// BigCommerce: names from [`crate::BIGCOMMERCE_STATUSES`].
    pub statuses: Vec<String>,
    /// Ecwid: names from [`crate::ECWID_PAYMENT_STATUSES`].
    pub payment_statuses: Vec<String>,
    /// Ecwid: names from [`crate::ECWID_FULFILLMENT_STATUSES`].
    pub fulfillment_statuses: Vec<String>,
    /// ISO 3166-1 alpha-2 of the shipping address, upper case.
    pub countries: Vec<String>,
    /// BigCommerce channel ids.
    pub channels: Vec<i64>,
    /// Their own lines are left out; their parts are packed.
    pub kits: Kits,
    /// An order of only these is marked `test`.
    pub test_skus: Vec<Sku>,
    /// Options that the warehouse is told, by display name; compared without regard to case.
    pub product_options: Vec<String>,
}

/// What becomes of an order, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It goes to the warehouse, like this.
    Release(Box<ReleasedOrder>),
    /// It waits for a person; the sentence says for what.
    Hold {
        /// In the merchant's words.
        reason: String,
    },
    /// It stays out by a rule of the shop's settings. It is judged again when it changes.
    Filter {
        /// The rule.
        rule: FilterRule,
        /// What the order has where the rule wants something else.
        value: String,
    },
}

/// A rule that keeps an order out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterRule {
    /// Placed before the start date.
    StartDate,
    /// Not in a wanted status.
    Status,
    /// Not in a wanted payment status.
    PaymentStatus,
    /// Not in a wanted fulfilment status.
    FulfillmentStatus,
    /// Not from a wanted channel.
    Channel,
    /// Nothing in it is shipped.
    NothingToShip,
    /// Not to a wanted country.
    Country,
}

impl FilterRule {
    /// The name in the ledger and in listings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StartDate => "start_date",
            Self::Status => "status",
            Self::PaymentStatus => "payment_status",
            Self::FulfillmentStatus => "fulfillment_status",
            Self::Channel => "channel",
            Self::NothingToShip => "nothing_to_ship",
            Self::Country => "country",
        }
    }
}

impl fmt::Display for FilterRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ImportRules {
    /// The warehouse's number of an order.
    pub fn number(&self, order: &ShopOrder) -> OrderNumber {
        OrderNumber::new(format!("{}{}", self.prefix, order.order_id))
    }

    /// Decides what becomes of an order. The same order under the same rules is always decided alike.
    pub fn decide(&self, order: &ShopOrder) -> Decision {
        if let Some((rule, value)) = self.filter(order) {
            return Decision::Filter { rule, value };
        }
        let Some(ship_to) = &order.ship_to else {
            return hold("the order has lines to ship but no shipping address; add one at the shop");
        };
        if order.destinations > 1 {
            return hold(format!(
                "the order goes to {} addresses; split it at the shop into one order per address",
                order.destinations
            ));
        }
        if let Some(kit) = self.kits.without_parts(&order.lines) {
            return hold(format!(
                "'{}' is a kit, and none of its parts is in the order; add them at the shop",
                kit.sku
            ));
        }
        let wanted = order.lines.iter().filter(|line| line.shippable && line.quantity > 0);
        let shipped: Vec<&ShopLine> = wanted.filter(|line| !self.kits.contain(&line.sku)).collect();
        if let Some(line) = shipped.iter().find(|line| line.sku.as_str().trim().is_empty()) {
            return hold(format!("'{}' has no SKU; give the product one at the shop", line.name));
        }
        if let Some(line) = shipped.iter().find(|line| line.shipped > 0) {
            return hold(format!(
                "{} of {} × {} have left without the warehouse; ship the rest by hand, or move it to a new order",
                line.shipped, line.quantity, line.sku
            ));
        }
        let tests = shipped.iter().filter(|line| self.test_skus.contains(&line.sku)).count();
        if tests > 0 && tests < shipped.len() {
            return hold("the order mixes test items with real ones; split it at the shop");
        }
        Decision::Release(Box::new(self.shape(order, ship_to, &shipped, tests > 0)))
    }

    fn filter(&self, order: &ShopOrder) -> Option<(FilterRule, String)> {
        if let Some(from) = self.placed_from
            && order.placed_at < from
        {
            return Some((FilterRule::StartDate, order.placed_at.to_string()));
        }
        match &order.status {
            ShopStatus::Order(status) => {
                if excludes(&self.statuses, status) {
                    return Some((FilterRule::Status, status.clone()));
                }
            }
            ShopStatus::PaymentAndFulfillment { payment, fulfillment } => {
                if excludes(&self.payment_statuses, payment) {
                    return Some((FilterRule::PaymentStatus, payment.clone()));
                }
                if excludes(&self.fulfillment_statuses, fulfillment) {
                    return Some((FilterRule::FulfillmentStatus, fulfillment.clone()));
                }
            }
        }
        if let Some(channel) = order.channel
            && !self.channels.is_empty()
            && !self.channels.contains(&channel)
        {
            return Some((FilterRule::Channel, channel.to_string()));
        }
        if !order.lines.iter().any(|line| line.shippable && line.quantity > 0) {
            return Some((FilterRule::NothingToShip, format!("{} lines, none shipped", order.lines.len())));
        }
        // Nothing is sent to a buyer who collects, wherever they live.
        if let Some(address) = &order.ship_to
            && !order.pickup
            && excludes(&self.countries, &address.country_code)
        {
            return Some((FilterRule::Country, address.country_code.clone()));
        }
        None
    }

    fn shape(
        &self,
        order: &ShopOrder,
        ship_to: &Address,
        shipped: &[&ShopLine],
        test: bool,
    ) -> ReleasedOrder {
        ReleasedOrder {
            number: self.number(order),
            store: self.store.clone(),
            platform: self.platform,
            order_id: order.order_id.clone(),
            test,
            placed_at: order.placed_at,
            currency: order.currency.clone(),
            ship_to: ship_to.clone(),
            shipping_method: order.shipping_method.clone(),
            pickup: order.pickup,
            customer_note: order.customer_note.clone(),
            lines: shipped.iter().map(|line| self.shape_line(line)).collect(),
            total: order.total,
        }
    }

    fn shape_line(&self, line: &ShopLine) -> OrderLine {
        let wanted = |name: &str| self.product_options.iter().any(|option| option.eq_ignore_ascii_case(name));
        OrderLine {
            line_id: line.line_id.clone(),
            sku: line.sku.clone(),
            name: line.name.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            options: line
                .options
                .iter()
                .filter(|(name, _)| wanted(name))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect(),
        }
    }
}

fn hold(reason: impl Into<String>) -> Decision {
    Decision::Hold { reason: reason.into() }
}

/// Whether a list of wanted values keeps this one out.
fn excludes(wanted: &[String], value: &str) -> bool {
    !wanted.is_empty() && !wanted.iter().any(|one| one.eq_ignore_ascii_case(value))
}

#[cfg(test)]
mod tests;
