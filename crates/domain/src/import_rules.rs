//! Which of a shop's orders go to the warehouse, and in what shape.

mod kits;
mod shaping;

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::{OrderNumber, Platform, ReleasedOrder, ShopLine, ShopOrder, ShopStatus, Sku, StoreId};

pub use kits::Kits;
pub use shaping::Unfit;

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
    /// Hours from the placing of an order to its release: the buyer may still cancel.
    pub hold_hours: u32,
}

/// What becomes of an order, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It goes to the warehouse, like this.
    Release(Box<ReleasedOrder>),
    /// It waits; the sentence says for what.
    Hold {
        /// In the merchant's words.
        reason: String,
        /// When it is to be judged again; none: when a person has changed something.
        until: Option<Timestamp>,
    },
    /// The shop does not want it packed any more.
    Cancel {
        /// Why, in the merchant's words.
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

    /// Decides what becomes of an order that the warehouse does not have yet. The same order under the same rules at the same
    /// time is always decided alike.
    pub fn decide(&self, order: &ShopOrder, now: Timestamp) -> Decision {
        if let Some(reason) = order.status.cancellation() {
            return Decision::Cancel { reason };
        }
        if let Some((rule, value)) = self.filter(order) {
            return Decision::Filter { rule, value };
        }
        if let Some(line) = order.lines.iter().find(|line| self.packs(line) && line.shipped > 0) {
            return hold(format!(
                "{} of {} × {} have left without the warehouse; ship the rest by hand, or move it to a new order",
                line.shipped, line.quantity, line.sku
            ));
        }
        let shaped = match self.shape(order) {
            Ok(shaped) => shaped,
            Err(unfit) => return hold(unfit.to_string()),
        };
        match self.held_until(order).filter(|until| now < *until) {
            Some(until) => Decision::Hold {
                reason: format!("waits {} h for the buyer", self.hold_hours),
                until: Some(until),
            },
            None => Decision::Release(Box::new(shaped)),
        }
    }

    /// Units by SKU that are kept for an order of which this was decided, so that they are offered to nobody else. What is released is kept
    /// by what it was released as.
    pub fn kept(&self, order: &ShopOrder, decision: &Decision) -> Vec<(Sku, u32)> {
        if self.waits(order, decision) { self.wanted(order) } else { Vec::new() }
    }

    /// Whether an order of which this was decided may be let in yet: a held one, and one that waits at the shop for a status that does.
    pub fn waits(&self, order: &ShopOrder, decision: &Decision) -> bool {
        match decision {
            Decision::Hold { .. } => true,
            Decision::Filter {
                rule: FilterRule::Status | FilterRule::PaymentStatus | FilterRule::FulfillmentStatus,
                ..
            } => order.status.waits() && self.unwanted_whatever_its_status(order).is_none(),
            Decision::Filter { .. } | Decision::Release(_) | Decision::Cancel { .. } => false,
        }
    }

    fn held_until(&self, order: &ShopOrder) -> Option<Timestamp> {
        let hold = SignedDuration::from_hours(self.hold_hours.into());
        order.placed_at.checked_add(hold).ok().filter(|_| self.hold_hours > 0)
    }

    fn filter(&self, order: &ShopOrder) -> Option<(FilterRule, String)> {
        if let Some(from) = self.placed_from
            && order.placed_at < from
        {
            return Some((FilterRule::StartDate, order.placed_at.to_string()));
        }
        self.unwanted_status(order).or_else(|| self.unwanted_whatever_its_status(order))
    }

    fn unwanted_status(&self, order: &ShopOrder) -> Option<(FilterRule, String)> {
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
        None
    }

    fn unwanted_whatever_its_status(&self, order: &ShopOrder) -> Option<(FilterRule, String)> {
        if let Some(channel) = order.channel
            && !self.channels.is_empty()
            && !self.channels.contains(&channel)
        {
            return Some((FilterRule::Channel, channel.to_string()));
        }
        if !order.lines.iter().any(ShopLine::is_packed) {
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
}

fn hold(reason: String) -> Decision {
    Decision::Hold { reason, until: None }
}

/// Whether a list of wanted values keeps this one out.
fn excludes(wanted: &[String], value: &str) -> bool {
    !wanted.is_empty() && !wanted.iter().any(|one| one.eq_ignore_ascii_case(value))
}

#[cfg(test)]
mod tests;
